// Lookup variants in simulated networks: what the fast one gains, and what it must not cost.
#include <gtest/gtest.h>

#include "dht/tuned_variant.h"
#include "dht/variant_registry.h"
#include "sim/dht_run.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

dht::LookupVariantPointer Make(const std::string& text) {
  return *dht::VariantRegistry().Make(*ParseStrategy(text));
}

DhtResult Measure(const std::string& variant, const DhtSpec& base = {}) {
  DhtSpec spec = base;
  spec.nodes = 2000;
  spec.lookups = 500;
  spec.variant = Make(variant);
  return RunDht(spec, testing_support::TestSeed());
}

TEST(Variants, EachIsFasterThanTheOneBeforeAtABoundedPrice) {
  const DhtResult plain = Measure("plain");
  const DhtResult wide = Measure("wide");
  const DhtResult near = Measure("wide+pns");
  const DhtResult fast = Measure("fast");
  const auto first = [](const DhtResult& result) { return result.metrics.at("first_ms.p50"); };
  EXPECT_LT(first(wide), first(plain));
  EXPECT_LT(first(near), 0.8 * first(wide));
  // The 128 contacts of wide+pns are a good part of so small a network; the default, made for large
  // ones, has fewer in the farthest bucket and more in the others.
  EXPECT_LT(first(fast), 1.3 * first(near));
  EXPECT_LT(fast.metrics.at("first_ms.p99"), 0.7 * plain.metrics.at("first_ms.p99"));
  EXPECT_LT(fast.metrics.at("done_ms.p50"), 0.7 * plain.metrics.at("done_ms.p50"));
  EXPECT_LE(fast.metrics.at("queries.mean"), 1.5 * plain.metrics.at("queries.mean"));
  for (const DhtResult* result : {&plain, &wide, &near, &fast}) {
    EXPECT_GE(result->metrics.at("recall.mean"), 0.999);
  }
}

TEST(Variants, TheFastOneHasAnAnswerWithinASecondAmongDeadNodes) {
  DhtSpec dead;
  dead.dead_share = 0.2;
  const DhtResult plain = Measure("plain", dead);
  const DhtResult fast = Measure("fast", dead);
  EXPECT_LT(fast.metrics.at("first_ms.p99"), 1000);
  EXPECT_LE(fast.metrics.at("queries.mean"), 1.5 * plain.metrics.at("queries.mean"));
  // Where a fifth has just died, tables that know a neighbourhood better name the same dead more
  // often.
  EXPECT_GE(fast.metrics.at("recall.mean"), plain.metrics.at("recall.mean") - 0.03);
}

TEST(Variants, PlainByNameIsPlainByOptions) {
  DhtSpec options;
  options.nodes = 300;
  options.lookups = 50;
  DhtSpec name = options;
  name.variant = Make("plain");
  EXPECT_EQ(RunDht(options, 7).trace_hash, RunDht(name, 7).trace_hash);
}

TEST(LateTables, GiveTheFiguresOfReadyOnes) {
  DhtSpec spec;
  spec.nodes = 2000;
  spec.lookups = 500;
  const DhtResult ready = RunDht(spec, testing_support::TestSeed());
  spec.late_tables = true;
  const DhtResult late = RunDht(spec, testing_support::TestSeed());
  EXPECT_NEAR(late.metrics.at("hops.mean"), ready.metrics.at("hops.mean"), 0.05);
  EXPECT_NEAR(late.metrics.at("queries.mean"), ready.metrics.at("queries.mean"), 0.2);
  EXPECT_NEAR(late.metrics.at("first_ms.p50"), ready.metrics.at("first_ms.p50"), 15);
  EXPECT_EQ(late.metrics.count("maintenance_bytes_per_s"), 0u) << "nobody kept anything up";
  spec.churn = "kad";
  EXPECT_FALSE(CheckDhtSpec(spec).ok());
}

}  // namespace
}  // namespace starling::sim
