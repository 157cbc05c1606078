#include "cli/dht_bench_twin.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "cli/bench_lookups.h"
#include "sim/dht_run.h"

namespace starling::cli {

namespace {

constexpr double kHopsOff = 0.15;
constexpr double kQueriesOff = 0.08;
constexpr double kFirstOff = 0.10;
// A machine that is too busy to send in time adds to each of the four ways and more that lead to
// the first answer, and as much again to each arrival; then that time says nothing of the code.
constexpr double kLateMax = 0.005;  // of that time

sim::DhtSpec SpecOf(const TwinSpec& twin, const TwinTimes& times) {
  sim::DhtSpec spec;
  spec.nodes = twin.nodes;
  spec.variant = twin.variant;
  spec.latency = twin.latency;
  spec.honest_join = true;
  spec.join_spacing = times.join_spacing;
  spec.warm_up = times.warm_up;
  spec.lookups = static_cast<uint32_t>(twin.lookups);
  spec.lookup_spacing = std::max(times.lookup_spacing, Duration(1));
  return spec;
}

void AddCell(const std::string& name, const std::string& metric, double off, const BenchGroup& twin,
             BenchGroup* group) {
  sim::CellResult cell;
  cell.name = name;
  cell.measured = group->metrics.at(metric);
  cell.expected = twin.metrics.at(metric);
  cell.min = *cell.expected - off;
  cell.max = *cell.expected + off;
  const bool is_within = cell.measured >= *cell.min && cell.measured <= *cell.max;
  cell.verdict = is_within ? sim::CellVerdict::kPass : sim::CellVerdict::kFail;
  group->cells.push_back(std::move(cell));
}

}  // namespace

absl::Status AddTwin(const TwinSpec& spec, const InterruptWatch& interrupts, BenchGroup* group) {
  BenchLog log;
  for (size_t i = 0; i < spec.seeds.size(); ++i) {
    const sim::DhtResult result =
        sim::RunDht(SpecOf(spec, spec.times[i]), spec.seeds[i],
                    [&](const sim::DhtProgress&) { return interrupts.status().ok(); });
    RETURN_IF_ERROR(interrupts.status());
    for (const sim::DhtLookup& lookup : result.lookups) log.Add(spec.seeds[i], lookup);
  }
  BenchGroup twin;
  log.Describe(&twin);
  for (const char* name : {"hops.mean", "queries.mean", "first_ms.p50", "first_ms.p99",
                           "done_ms.p50", "recall.mean"}) {
    group->metrics[std::string("simulated.") + name] = twin.metrics.at(name);
  }
  AddCell("hops, as simulated", "hops.mean", kHopsOff, twin, group);
  AddCell("queries, as simulated", "queries.mean", kQueriesOff * twin.metrics.at("queries.mean"),
          twin, group);
  if (spec.latency == sim::LatencyProfile::kLan) return absl::OkStatus();
  const double first = twin.metrics.at("first_ms.p50");
  AddCell("first, p50 ms, as simulated", "first_ms.p50", kFirstOff * first, twin, group);
  if (group->metrics["late_ms"] > kLateMax * first) {
    sim::CellResult& cell = group->cells.back();
    cell.verdict = sim::CellVerdict::kShown;
    cell.why = "the machine was too busy to send in time";
  }
  return absl::OkStatus();
}

}  // namespace starling::cli
