#include "cli/dht_bench_expected.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/built_in_scenarios.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

// Those whose cells are targets D1 to D5.
constexpr const char* kScenarios[] = {"dht-lookups", "dht-dead-entries", "dht-churn"};
constexpr uint64_t kAllTablesMax = 20'000;

// "plain:k=20" and plain with buckets of 20 are the same.
sim::DhtRunSpec Normalised(const sim::DhtRunSpec& spec) {
  sim::DhtRunSpec normal = spec;
  if (spec.variant.name != "plain") return normal;
  for (const auto& [name, value] : spec.variant.values) {
    if (name == "k") normal.bucket_size = static_cast<uint32_t>(value);
    if (name == "alpha") normal.parallel = static_cast<uint32_t>(value);
  }
  normal.variant.values.clear();
  return normal;
}

bool IsSameNetwork(const sim::Scenario& a, const sim::Scenario& b) {
  const sim::DhtRunSpec one = Normalised(a.dht);
  sim::DhtRunSpec other = Normalised(b.dht);
  other.lookups = one.lookups;
  other.late_tables = one.late_tables;
  // While nobody comes or goes it changes nothing how long the network stands.
  if (one.churn.empty()) other.warm_up = one.warm_up;
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

std::vector<ExpectedNetwork> ExpectedNetworks(uint64_t nodes_max,
                                              const sim::Strategies& strategies) {
  std::vector<ExpectedNetwork> networks;
  for (const char* name : kScenarios) {
    const absl::StatusOr<sim::Scenario> base =
        sim::ReadScenario(*sim::BuiltInScenarioText(name), name, {}, &strategies);
    if (!base.ok()) continue;
    for (const sim::CheckSpec& check : base->checks) {
      for (const sim::CheckRun& run : check.runs) {
        absl::StatusOr<sim::Scenario> with = sim::WithSettings(*base, run.settings, &strategies);
        if (!with.ok() || with->dht.nodes > nodes_max) continue;
        const bool is_known = std::any_of(
            networks.begin(), networks.end(),
            [&](const ExpectedNetwork& known) { return IsSameNetwork(known.scenario, *with); });
        if (is_known || ExpectedOf(*with, strategies).empty()) continue;
        const bool stands = with->dht.churn.empty() && !with->dht.honest_join;
        with->dht.late_tables = stands && with->dht.nodes > kAllTablesMax;
        networks.push_back({absl::StrCat(name, " ", run.name), *std::move(with)});
      }
    }
  }
  return networks;
}

}  // namespace starling::cli
