#include "sim/run.h"

#include "sim/dht_scenario.h"
#include "sim/swarm_run.h"

namespace starling::sim {
namespace {

// What was seen in worlds of such members, in bytes: a Client without connections, one connection,
// a piece that is known to exist.
constexpr uint64_t kMemberBytes = 40'000;
constexpr uint64_t kConnectionBytes = 2'000;
constexpr uint64_t kRecordBytes = 400;  // of a member that left

uint64_t EstimateSwarmMemory(const Scenario& scenario) {
  uint64_t bytes = 64 << 20;
  uint64_t pieces = 0;
  for (const ContentSpec& content : scenario.contents) {
    bytes += content.size;
    pieces += content.size / content.piece_length + 1;
  }
  for (const PopulationSpec& population : scenario.populations) {
    uint64_t members =
        population.count_max > population.count ? population.count_max : population.count;
    if (population.join.kind == JoinKind::kPoisson) {
      const double all = population.join.rate * ToSeconds(scenario.until);
      bytes += static_cast<uint64_t>(all) * kRecordBytes;
      // Little's law, with a generous guess of how long they stay.
      members = static_cast<uint64_t>(population.join.rate * 2000);
    }
    bytes += members * (kMemberBytes + population.connections * (kConnectionBytes + pieces / 8));
  }
  return bytes;
}

}  // namespace

absl::Status Run::Recast(const Scenario&, const Strategies&) {
  return absl::FailedPreconditionError("such a run cannot go on as one of another scenario");
}

absl::StatusOr<std::unique_ptr<Run>> StartRun(const Scenario& scenario, uint64_t seed,
                                              const Strategies& strategies,
                                              const RunOptions& options) {
  if (scenario.kind == ScenarioKind::kDht) return StartDhtRun(scenario, seed, strategies, options);
  return StartSwarmRun(scenario, seed, strategies, options);
}

uint64_t EstimateMemory(const Scenario& scenario) {
  return scenario.kind == ScenarioKind::kDht ? EstimateDhtRunMemory(scenario)
                                             : EstimateSwarmMemory(scenario);
}

}  // namespace starling::sim
