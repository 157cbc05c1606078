#include "sim/dht_scenario.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "dht/variant_registry.h"
#include "sim/dht_run.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

DhtSpec PlainSpecOf(const Scenario& scenario) {
  const DhtRunSpec& from = scenario.dht;
  DhtSpec spec;
  spec.nodes = from.nodes;
  spec.bucket_size = from.bucket_size;
  spec.parallel = from.parallel;
  spec.query_timeout = from.timeout;
  spec.short_timeout = from.short_timeout;
  spec.short_timeout_adapts = from.short_timeout_adapts;
  spec.latency = scenario.network.latency;
  spec.loss = scenario.network.datagram_loss;
  spec.access_delay = from.access_delay;
  spec.mean_round_trip = from.mean_round_trip;
  spec.honest_join = from.honest_join;
  spec.late_tables = from.late_tables;
  spec.dead_share = from.dead_share;
  spec.attackers = from.attackers;
  spec.bound_ids = from.bound_ids;
  spec.churn = from.churn;
  spec.warm_up = from.warm_up;
  spec.lookups = from.lookups;
  spec.lookup_every = from.lookup_every;
  spec.run_time = from.run_time;
  spec.values = from.values;
  spec.value_after = from.value_after;
  return spec;
}

absl::StatusOr<DhtSpec> SpecOf(const Scenario& scenario, const dht::VariantRegistry& variants) {
  DhtSpec spec = PlainSpecOf(scenario);
  StrategySpec asked = scenario.dht.variant;
  if (asked.name == "plain") {
    asked.values.emplace("k", spec.bucket_size);
    asked.values.emplace("alpha", spec.parallel);
  }
  absl::StatusOr<dht::LookupVariantPointer> variant = variants.Make(asked);
  if (!variant.ok()) return variant.status();
  spec.variant = *std::move(variant);
  return spec;
}

// For estimates, which know the built-in variants.
DhtSpec GuessedSpecOf(const Scenario& scenario) {
  const absl::StatusOr<DhtSpec> spec = SpecOf(scenario, dht::VariantRegistry());
  return spec.ok() ? *spec : PlainSpecOf(scenario);
}

Table LookupsTable(const DhtResult& result) {
  Table table{"lookups",
              "One row a measured lookup, in the order in which they ended.",
              {{"node", "1", "Number of the node that looked."},
               {"target", "", "What it looked for, hexadecimal."},
               {"started_s", "s", "When, from the start of the run."},
               {"hops", "1", "Length of the referral chain to the first of the 8 closest."},
               {"queries", "1", "Queries sent."},
               {"timeouts", "1", "Of these, without an answer in time."},
               {"bytes", "B", "Queries and answers, without headers."},
               {"first_ms", "ms", "Until the first of the 8 closest answered."},
               {"nearest_ms", "ms", "Until the nearest of them did."},
               {"done_ms", "ms", "Until it ended."},
               {"recall", "1", "Share of the true 8 closest live nodes that it found."}},
              {}};
  for (const DhtLookup& lookup : result.lookups) {
    table.rows.push_back({double(lookup.node), ToHex(lookup.target.bytes),
                          ToSeconds(lookup.started - Time{}), double(lookup.hops),
                          double(lookup.queries), double(lookup.timeouts), double(lookup.bytes),
                          ToMilliseconds(lookup.first), ToMilliseconds(lookup.nearest),
                          ToMilliseconds(lookup.done), lookup.recall});
  }
  return table;
}

class DhtScenarioRun final : public Run {
 public:
  DhtScenarioRun(const Scenario& scenario, DhtSpec spec, uint64_t seed, const RunOptions& options)
      : scenario_(scenario), spec_(std::move(spec)), seed_(seed), options_(options) {}

  // All at once: a DHT's run has no samples.
  bool Advance() override {
    const Time until = options_.until.has_value() ? Time{} + *options_.until : kNever;
    result_ = RunDht(
        spec_, seed_, [this](const DhtProgress& at) { return Note(at); }, until);
    return false;
  }
  RunProgress progress() const override { return progress_; }
  Result Finish() override;

 private:
  bool Note(const DhtProgress& at) {
    progress_ = {at.now - Time{}, at.end - Time{}, at.events, at.lookups,
                 scenario_.dht.lookup_every > Duration::zero() ? 0 : scenario_.dht.lookups};
    return !options_.on_progress || options_.on_progress(progress_);
  }

  const Scenario scenario_;
  const DhtSpec spec_;
  const uint64_t seed_;
  const RunOptions options_;
  RunProgress progress_;
  DhtResult result_;
};

Result DhtScenarioRun::Finish() {
  Result result;
  result.scenario = scenario_.name;
  result.seed = seed_;
  result.trace_hash = result_.trace_hash;
  result.events = result_.events;
  result.simulated = result_.simulated;
  result.partial = result_.partial;
  result.metrics = result_.metrics;
  result.tables.push_back(LookupsTable(result_));
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Run>> StartDhtRun(const Scenario& scenario, uint64_t seed,
                                                 const Strategies& strategies,
                                                 const RunOptions& options) {
  absl::StatusOr<DhtSpec> spec = SpecOf(scenario, strategies.lookups);
  if (!spec.ok()) return spec.status();
  const absl::Status valid = CheckDhtSpec(*spec);
  if (!valid.ok()) return valid;
  return std::unique_ptr<Run>(
      std::make_unique<DhtScenarioRun>(scenario, *std::move(spec), seed, options));
}

uint64_t EstimateDhtRunMemory(const Scenario& scenario) {
  return EstimateDhtMemory(GuessedSpecOf(scenario));
}

double EstimateDhtRunCpuSeconds(const Scenario& scenario) {
  return EstimateDhtCpuSeconds(GuessedSpecOf(scenario));
}

}  // namespace starling::sim
