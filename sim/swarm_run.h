// A run of a swarm scenario: whole Clients behind simulated links. swarm_run.cc sets the stage and
// goes through the samples, swarm_cast.h brings members in and takes them away, swarm_meter.h looks
// at them from time to time, swarm_figures.h turns what was seen into metrics.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "sim/run.h"

namespace starling::sim {

absl::StatusOr<std::unique_ptr<Run>> StartSwarmRun(const Scenario& scenario, uint64_t seed,
                                                   const Strategies& strategies,
                                                   const RunOptions& options);

}  // namespace starling::sim
