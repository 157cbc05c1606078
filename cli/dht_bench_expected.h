// What the built-in scenarios' checks expect of a network like the one that is benchmarked: so that
// every expected figure stands in one place only, the scenario files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario.h"
#include "sim/strategies.h"

namespace starling::cli {

// How the cells that ExpectedOf returns call the run.
inline constexpr const char* kBenchRun = "bench";

// The cells about a single run with the same DHT and network as `scenario` (but for how many
// lookups are made), of all sizes and DHT scenarios; each cell once.
std::vector<sim::CheckCell> ExpectedOf(const sim::Scenario& scenario,
                                       const sim::Strategies& strategies);

// A network of which something is expected.
struct ExpectedNetwork {
  std::string name;  // of the scenario and of its run
  sim::Scenario scenario;
};

// All that targets D1 to D5 say something about, of at most so many nodes.
std::vector<ExpectedNetwork> ExpectedNetworks(uint64_t nodes_max,
                                              const sim::Strategies& strategies);

}  // namespace starling::cli
