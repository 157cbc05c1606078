// How two runs with one seed begin alike: until the first member comes about whom their scenarios
// say different things, they are one run. Who makes many runs makes that part once
// (cli/sim_bundles.h).
#pragma once

#include "absl/status/status.h"
#include "base/time.h"
#include "sim/scenario.h"

namespace starling::sim {

// When the first latecomers join: a population of a swarm whose members come together, later than
// at the start. Zero if there are none. From the start of the scenario, as JoinSpec::at.
Duration FirstLatecomers(const Scenario& scenario);

// The scenario without what is first looked at when a latecomer enters - its links and limits, its
// strategies, its disk - and without what is said about it. Scenarios that are equal in this run
// alike until FirstLatecomers().
Scenario WithoutLatecomers(const Scenario& scenario);

}  // namespace starling::sim
