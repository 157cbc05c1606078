// The expected figures of the DHT (simulation targets, section 8), in networks small enough for
// every test run. The large ones are scenarios of the simulator.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "sim/dht_run.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

// The mean of a figure over runs with different seeds.
double MeanOf(const DhtSpec& spec, const std::string& metric, uint64_t seeds = 5) {
  double sum = 0;
  for (uint64_t i = 0; i < seeds; ++i) {
    sum += RunDht(spec, testing_support::TestSeed() + i).metrics.at(metric);
  }
  return sum / static_cast<double>(seeds);
}

DhtSpec Converged(uint64_t nodes, uint32_t lookups) {
  DhtSpec spec;
  spec.nodes = nodes;
  spec.lookups = lookups;
  return spec;
}

TEST(DhtTargets, HopsGrowWithTheLogarithmOfTheNetwork) {
  for (const uint64_t nodes : {64, 128, 256, 512, 1000}) {
    const double law = 0.212 * std::log2(static_cast<double>(nodes)) - 0.27;
    EXPECT_NEAR(MeanOf(Converged(nodes, 150), "hops.mean"), law, 0.15) << nodes << " nodes";
  }
}

TEST(DhtTargets, AThousandNodesWithReadyTables) {
  const DhtResult result = RunDht(Converged(1000, 1000), testing_support::TestSeed());
  EXPECT_NEAR(result.metrics.at("hops.mean"), 1.85, 0.15);
  EXPECT_NEAR(result.metrics.at("queries.mean"), 11.0, 0.88);
  EXPECT_NEAR(result.metrics.at("first_ms.p50"), 194, 19.4);
  EXPECT_NEAR(result.metrics.at("first_ms.p99"), 656, 131);
  EXPECT_NEAR(result.metrics.at("done_ms.p50"), 631, 63);
  EXPECT_NEAR(result.metrics.at("done_ms.p99"), 1449, 290);
  EXPECT_GE(result.metrics.at("recall.mean"), 0.999);
  EXPECT_EQ(result.metrics.at("timeouts.mean"), 0);
}

TEST(DhtTargets, AskingMoreAtATimeIsFasterAndDearer) {
  DhtSpec spec = Converged(500, 300);
  double queries = 0;
  double first_ms = 1e9;
  for (const uint32_t parallel : {1, 3, 8}) {
    spec.parallel = parallel;
    const DhtResult result = RunDht(spec, testing_support::TestSeed());
    EXPECT_GT(result.metrics.at("queries.mean"), queries);
    EXPECT_LT(result.metrics.at("first_ms.mean"), first_ms);
    queries = result.metrics.at("queries.mean");
    first_ms = result.metrics.at("first_ms.mean");
  }
}

TEST(DhtTargets, LargerBucketsShortenTheWay) {
  DhtSpec spec = Converged(500, 300);
  const double with_eight = MeanOf(spec, "hops.mean", 1);
  spec.bucket_size = 20;
  EXPECT_LT(MeanOf(spec, "hops.mean", 1), with_eight - 0.3);
}

TEST(DhtTargets, AShortTimeoutCutsTheTailAmongDeadNodes) {
  DhtSpec spec = Converged(1000, 500);
  spec.dead_share = 0.2;
  spec.short_timeout_adapts = false;
  spec.short_timeout = Duration::zero();
  const DhtResult patient = RunDht(spec, testing_support::TestSeed());
  spec.short_timeout = milliseconds(500);
  const DhtResult hasty = RunDht(spec, testing_support::TestSeed());
  EXPECT_NEAR(patient.metrics.at("timed_out_share"), 0.2, 0.03);
  EXPECT_GT(patient.metrics.at("first_ms.p99"), 2000);
  EXPECT_LT(hasty.metrics.at("first_ms.p99"), 1300);
  EXPECT_GE(hasty.metrics.at("recall.mean"), 0.94);
}

TEST(DhtTargets, ANetworkThatComesAndGoesKeepsWhatItWasTold) {
  DhtSpec spec;
  spec.nodes = 300;
  spec.honest_join = true;
  spec.churn = "kad";
  spec.warm_up = minutes(40);
  spec.lookup_every = seconds(600);
  spec.run_time = minutes(40);
  spec.values = 60;
  const DhtResult result = RunDht(spec, testing_support::TestSeed());
  EXPECT_LE(result.metrics.at("timed_out_share"), 0.12);
  EXPECT_GE(result.metrics.at("accurate_share"), 0.95);
  EXPECT_GE(result.metrics.at("found_share"), 0.98);
  EXPECT_LE(result.metrics.at("maintenance_bytes_per_s"), 60);
}

TEST(DhtTargets, AnAttackerAroundAKeyCapturesItUnlessIdsAreBoundToAddresses) {
  DhtSpec spec = Converged(1000, 200);
  spec.attackers = 16;
  EXPECT_GE(RunDht(spec, testing_support::TestSeed()).metrics.at("captured_share"), 0.95);
  spec.bound_ids = true;
  EXPECT_LT(MeanOf(spec, "captured_share"), 0.05);
}

TEST(DhtTargets, AHundredLookupsTellTheSizeOfTheNetwork) {
  DhtSpec spec = Converged(1000, 100);
  EXPECT_NEAR(MeanOf(spec, "size_ratio"), 1, 0.05);
  spec.dead_share = 0.1;
  EXPECT_NEAR(MeanOf(spec, "size_ratio"), 1, 0.05);
}

}  // namespace
}  // namespace starling::sim
