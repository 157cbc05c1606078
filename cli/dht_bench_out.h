// What `dht bench` tells: tables for a terminal, for the manual and for machines, and the folder of
// --out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/dht_bench.h"
#include "sim/scenario.h"

namespace starling::cli {

// One line a group, and below it what was expected, at most `width` cells wide.
std::vector<std::string> RenderBench(const BenchReport& report, int width);
// The same as a Markdown table; of a group with expectations only how many it met.
std::string BenchMarkdown(const BenchReport& report);
std::string BenchJson(const BenchReport& report);

// lookups.csv, variants.csv, bench.json, report.html and what goes with them. `scenario` is that of
// the first group.
absl::Status WriteBench(const std::string& folder, const BenchReport& report,
                        const sim::Scenario& scenario, uint64_t seed);

}  // namespace starling::cli
