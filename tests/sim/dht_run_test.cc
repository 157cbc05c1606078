#include "sim/dht_run.h"

#include <gtest/gtest.h>

#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::TestSeed;

DhtSpec Small() {
  DhtSpec spec;
  spec.nodes = 100;
  spec.lookups = 50;
  return spec;
}

TEST(DhtRun, GivesTheSameResultForTheSameSeed) {
  EachRunTwice([](uint64_t seed) { return RunDht(Small(), seed).trace_hash; });
  EXPECT_NE(RunDht(Small(), 1).trace_hash, RunDht(Small(), 2).trace_hash);
}

TEST(DhtRun, HasARowForEachLookup) {
  const DhtResult result = RunDht(Small(), TestSeed());
  ASSERT_EQ(result.lookups.size(), 50u);
  EXPECT_FALSE(result.partial);
  for (const DhtLookup& lookup : result.lookups) {
    EXPECT_LT(lookup.node, 100u);
    EXPECT_GE(lookup.hops, 1u);
    EXPECT_GE(lookup.queries, 8u);
    EXPECT_GT(lookup.bytes, 8u * 300);
    EXPECT_GT(lookup.first, Duration::zero());
    EXPECT_GE(lookup.done, lookup.first);
    EXPECT_EQ(lookup.found, 8u);
    EXPECT_EQ(lookup.recall, 1);
  }
  EXPECT_EQ(result.metrics.at("hops.count"), 50);
  EXPECT_EQ(result.metrics.at("recall.mean"), 1);
  EXPECT_EQ(result.metrics.at("accurate_share"), 1);
}

TEST(DhtRun, EndsWhereItIsTold) {
  const DhtResult cut = RunDht(Small(), 1, nullptr, Time(milliseconds(150)));
  EXPECT_TRUE(cut.partial);
  EXPECT_EQ(cut.simulated, milliseconds(150));
  EXPECT_LT(cut.lookups.size(), 50u);
}

TEST(DhtRun, TellsHowFarItIsAndStopsWhenAsked) {
  int calls = 0;
  Time last{};
  const DhtResult cut = RunDht(Small(), 1, [&](const DhtProgress& progress) {
    EXPECT_GT(progress.now, last);
    EXPECT_GE(progress.end, progress.now);
    last = progress.now;
    return ++calls < 2;
  });
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(cut.partial);
}

TEST(DhtRun, WatchingChangesNothing) {
  const DhtResult watched = RunDht(Small(), 3, [](const DhtProgress&) { return true; });
  EXPECT_EQ(watched.trace_hash, RunDht(Small(), 3).trace_hash);
}

TEST(DhtRun, EachNodeLooksUpInItsTurn) {
  DhtSpec spec = Small();
  spec.honest_join = true;
  spec.warm_up = minutes(2);
  spec.lookup_every = minutes(5);
  spec.run_time = minutes(5);
  const DhtResult result = RunDht(spec, TestSeed());
  EXPECT_NEAR(static_cast<double>(result.lookups.size()), 100, 2);
  EXPECT_EQ(result.metrics.at("accurate_share"), 1);
  EXPECT_GT(result.metrics.at("maintenance_bytes_per_s"), 0);
  EXPECT_LT(result.metrics.at("maintenance_bytes_per_s"), result.metrics.at("sent_bytes_per_s"));
}

TEST(DhtRun, ReplacesThoseWhoLeave) {
  DhtSpec spec = Small();
  spec.churn = "stress";
  spec.warm_up = minutes(10);
  const DhtResult result = RunDht(spec, TestSeed());
  EXPECT_GT(result.metrics.at("departures"), 20);
  EXPECT_GT(result.metrics.at("recall.mean"), 0.9);
}

TEST(DhtRun, TheDeadAreAskedInVain) {
  DhtSpec spec = Small();
  spec.dead_share = 0.3;
  const DhtResult result = RunDht(spec, TestSeed());
  EXPECT_GT(result.metrics.at("timeouts.mean"), 1);
  EXPECT_NEAR(result.metrics.at("timed_out_share"), 0.3, 0.08);
}

TEST(DhtRun, RefusesWhatCannotBe) {
  const auto with = [](auto change) {
    DhtSpec spec = Small();
    change(spec);
    return CheckDhtSpec(spec).ok();
  };
  EXPECT_TRUE(with([](DhtSpec&) {}));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.nodes = 1; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.nodes = uint64_t{1} << 40; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.bucket_size = 0; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.parallel = 99; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.loss = 1.5; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.dead_share = -0.1; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.churn = "nobody"; }));
  EXPECT_FALSE(with([](DhtSpec& spec) { spec.query_timeout = Duration::zero(); }));
}

TEST(DhtRun, EstimatesWhatItTakes) {
  DhtSpec spec;
  spec.nodes = 1'000'000;
  EXPECT_GT(EstimateDhtMemory(spec), uint64_t{6'000'000'000});
  EXPECT_LT(EstimateDhtMemory(spec), uint64_t{10'000'000'000});
  EXPECT_GT(EstimateDhtCpuSeconds(spec), 10);
}

}  // namespace
}  // namespace starling::sim
