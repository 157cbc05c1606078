// A population of a scenario, ready to be cast: its strategies looked up, its size and its uplinks
// drawn, the groups that its members will be in made.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "peer/choker.h"
#include "peer/piece_policy.h"
#include "sim/behaviour.h"
#include "sim/churn.h"
#include "sim/groups.h"
#include "sim/scenario.h"
#include "sim/strategies.h"

namespace starling::sim {

struct Troupe {
  const PopulationSpec* spec = nullptr;
  uint32_t count = 0;
  peer::ChokerFactory choker;
  peer::PiecePolicyFactory pieces;
  BehaviourFactory behaviour;
  std::optional<Churn> churn;
  std::vector<GroupIndex> groups;  // members are dealt to them in turn; empty: in none
  std::vector<uint64_t> uplinks;   // the same, of a capacity table; empty: all as the spec says
  size_t next_uplink = 0;
};

// One a population, in their order; each refers to `scenario`. InvalidArgument or NotFound, with
// the population's name, for what does not exist.
absl::StatusOr<std::vector<Troupe>> MakeTroupes(const Scenario& scenario,
                                                const Strategies& strategies, uint64_t seed,
                                                Random& random, Groups& groups);

// Looks up what `troupe->spec` names now. Else as MakeTroupes.
absl::Status FindStrategies(const Strategies& strategies, Troupe* troupe);

// The rate at quantile `share` of a capacity table, between two points log-linear.
uint64_t RateAtQuantile(const std::vector<CapacityPoint>& table, double share);

}  // namespace starling::sim
