#include "cli/dht_bench_expected.h"

#include <algorithm>

#include "sim/built_in_scenarios.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

bool IsSameNetwork(const sim::Scenario& a, const sim::Scenario& b) {
  sim::DhtRunSpec one = a.dht;
  sim::DhtRunSpec other = b.dht;
  other.lookups = one.lookups;
  other.late_tables = one.late_tables;
  return one == other && a.network == b.network;
}

// Those of one run and nothing else.
void TakeCells(const sim::CheckSpec& check, const std::string& run,
               std::vector<sim::CheckCell>* cells) {
  for (const sim::CheckCell& cell : check.cells) {
    if (cell.run != run || !cell.over_run.empty() || !cell.waiting.empty()) continue;
    const bool is_known =
        std::any_of(cells->begin(), cells->end(), [&](const sim::CheckCell& known) {
          return known.metric == cell.metric && known.min == cell.min && known.max == cell.max;
        });
    if (is_known) continue;
    cells->push_back(cell);
    cells->back().run = kBenchRun;
  }
}

}  // namespace

std::vector<sim::CheckCell> ExpectedOf(const sim::Scenario& scenario,
                                       const sim::Strategies& strategies) {
  std::vector<sim::CheckCell> cells;
  for (const std::string& name : sim::BuiltInScenarioNames()) {
    const absl::StatusOr<sim::Scenario> base =
        sim::ReadScenario(*sim::BuiltInScenarioText(name), name, {}, &strategies);
    if (!base.ok() || base->kind != sim::ScenarioKind::kDht) continue;
    for (const sim::CheckSpec& check : base->checks) {
      for (const sim::CheckRun& run : check.runs) {
        const absl::StatusOr<sim::Scenario> with =
            sim::WithSettings(*base, run.settings, &strategies);
        if (with.ok() && IsSameNetwork(scenario, *with)) TakeCells(check, run.name, &cells);
      }
    }
  }
  return cells;
}

}  // namespace starling::cli
