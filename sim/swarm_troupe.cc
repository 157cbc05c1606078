#include "sim/swarm_troupe.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/samplers.h"

namespace starling::sim {
namespace {

using GroupsByName = std::map<std::string, std::vector<GroupIndex>>;

// In the order of the file, but each after the one that it is inside of; FindProblem() has seen
// that there is such an order.
std::vector<const GroupSpec*> OuterFirst(const std::vector<GroupSpec>& specs) {
  std::vector<const GroupSpec*> order;
  std::set<std::string> listed = {""};
  while (order.size() < specs.size()) {
    const size_t before = order.size();
    for (const GroupSpec& spec : specs) {
      if (listed.contains(spec.inside) && listed.insert(spec.name).second) order.push_back(&spec);
    }
    if (order.size() == before) break;
  }
  return order;
}

// A group inside of another exists `copies` times in each of those.
absl::StatusOr<GroupsByName> MakeGroups(const Scenario& scenario, Groups& groups) {
  GroupsByName by_name;
  size_t sum = 0;
  for (const GroupSpec* each : OuterFirst(scenario.groups)) {
    const GroupSpec& spec = *each;
    std::vector<std::optional<GroupIndex>> parents = {std::nullopt};
    if (!spec.inside.empty()) {
      const std::vector<GroupIndex>& outer = by_name[spec.inside];
      parents.assign(outer.begin(), outer.end());
    }
    sum += parents.size() * spec.copies;
    if (sum > Groups::kGroupsMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", Groups::kGroupsMax, " groups in all"));
    }
    std::vector<GroupIndex>& made = by_name[spec.name];
    for (uint32_t copy = 0; copy < spec.copies; ++copy) {
      for (const std::optional<GroupIndex>& parent : parents) {
        made.push_back(groups.Add({parent, spec.up, spec.down, spec.latency}));
      }
    }
  }
  return by_name;
}

// One draw from each of `count` equal shares of the table, dealt in random order: the population
// has the table's distribution however small it is.
void DrawUplinks(Random& random, Troupe* troupe) {
  const std::vector<CapacityPoint>& table = troupe->spec->capacity;
  if (table.empty()) return;
  const uint32_t count = std::max<uint32_t>(troupe->count, 1);
  for (uint32_t i = 0; i < count; ++i) {
    const double share = (i + DrawUniform(random)) / count;
    troupe->uplinks.push_back(RateAtQuantile(table, share));
  }
  random.Shuffle(std::span<uint64_t>(troupe->uplinks));
}

absl::Status Prepare(const Strategies& strategies, uint64_t seed, Random& random,
                     const GroupsByName& groups, Troupe* troupe) {
  const PopulationSpec& spec = *troupe->spec;
  const absl::Status found = FindStrategies(strategies, troupe);
  if (!found.ok()) return found;
  if (spec.stay.kind == StayKind::kSession) {
    const std::optional<SessionModel> model = FindSessionModel(spec.stay.churn);
    if (!model.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no churn profile \"", spec.stay.churn, "\""));
    }
    troupe->churn.emplace(*model, seed);
  }
  troupe->count = spec.count;
  if (spec.count_max > spec.count) {
    troupe->count += static_cast<uint32_t>(random.Below(spec.count_max - spec.count + 1));
  }
  DrawUplinks(random, troupe);
  if (spec.group.empty()) return absl::OkStatus();
  const auto group = groups.find(spec.group);
  if (group == groups.end()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no group \"", spec.group, "\""));
  }
  troupe->groups = group->second;
  return absl::OkStatus();
}

}  // namespace

absl::Status FindStrategies(const Strategies& strategies, Troupe* troupe) {
  absl::StatusOr<peer::ChokerFactory> choker = strategies.chokers.Make(troupe->spec->choker);
  if (!choker.ok()) return choker.status();
  troupe->choker = *std::move(choker);
  absl::StatusOr<peer::PiecePolicyFactory> pieces = strategies.pieces.Make(troupe->spec->pieces);
  if (!pieces.ok()) return pieces.status();
  troupe->pieces = *std::move(pieces);
  absl::StatusOr<BehaviourFactory> behaviour = strategies.behaviours.Make(troupe->spec->behaviour);
  if (!behaviour.ok()) return behaviour.status();
  troupe->behaviour = *std::move(behaviour);
  return absl::OkStatus();
}

uint64_t RateAtQuantile(const std::vector<CapacityPoint>& table, double share) {
  if (share <= table.front().share) return table.front().rate;
  for (size_t i = 1; i < table.size(); ++i) {
    if (share > table[i].share) continue;
    const double part = (share - table[i - 1].share) / (table[i].share - table[i - 1].share);
    const double low = Log(static_cast<double>(table[i - 1].rate));
    const double high = Log(static_cast<double>(table[i].rate));
    return static_cast<uint64_t>(Exp(low + (high - low) * part));
  }
  return table.back().rate;
}

absl::StatusOr<std::vector<Troupe>> MakeTroupes(const Scenario& scenario,
                                                const Strategies& strategies, uint64_t seed,
                                                Random& random, Groups& groups) {
  absl::StatusOr<GroupsByName> by_name = MakeGroups(scenario, groups);
  if (!by_name.ok()) return by_name.status();
  std::vector<Troupe> troupes;
  for (const PopulationSpec& spec : scenario.populations) {
    Troupe troupe;
    troupe.spec = &spec;
    const absl::Status ready = Prepare(strategies, seed, random, *by_name, &troupe);
    if (!ready.ok()) {
      return absl::Status(ready.code(),
                          absl::StrCat("population ", spec.name, ": ", ready.message()));
    }
    troupes.push_back(std::move(troupe));
  }
  return troupes;
}

}  // namespace starling::sim
