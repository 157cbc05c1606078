// A run of a DHT scenario: what the scenario says, as dht_run.h wants it, and its result, as all
// runs give it.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "sim/run.h"

namespace starling::sim {

absl::StatusOr<std::unique_ptr<Run>> StartDhtRun(const Scenario& scenario, uint64_t seed,
                                                 const Strategies& strategies,
                                                 const RunOptions& options);
// Guesses; a variant that is not built in is taken for plain.
uint64_t EstimateDhtRunMemory(const Scenario& scenario);
double EstimateDhtRunCpuSeconds(const Scenario& scenario);

}  // namespace starling::sim
