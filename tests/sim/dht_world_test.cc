// Worlds of a thousand DHT nodes: they join by themselves, announce and look up, with and without
// faults.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/announced_network.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::LookupProbe;

TEST(DhtWorld, FindsEveryValueThatWasAnnouncedAmongAThousandNodes) {
  EachRunTwice([](uint64_t seed) {
    AnnouncedNetwork net(Lossless(seed), 1000, 100);
    net.AnnounceAll();
    EXPECT_EQ(net.CountFound([&]() -> DhtHost& { return net.Any(); }), 100u);
    return net.world.trace_hash();
  });
}

TEST(DhtWorld, FindsNearlyEverythingWhenEveryTwentiethDatagramIsLost) {
  EachRunTwice([](uint64_t seed) {
    WorldOptions options = Lossless(seed);
    options.link.loss_ppm = 50'000;
    AnnouncedNetwork net(options, 1000, 100);
    net.AnnounceAll();
    EXPECT_GE(net.CountFound([&]() -> DhtHost& { return net.Any(); }), 99u);
    EXPECT_GT(net.world.datagrams().counts().lost, 1000u);
    return net.world.trace_hash();
  });
}

TEST(DhtWorld, SurvivesReorderedAndDuplicatedDatagrams) {
  EachRunTwice([](uint64_t seed) {
    AnnouncedNetwork net(Lossless(seed), 300, 50);
    Noise noise;
    noise.seed = seed;
    noise.reorder_ppm = 200'000;
    noise.duplicate_ppm = 200'000;
    net.world.rules().Add(std::make_unique<NoiseRule>(noise));
    net.AnnounceAll();
    EXPECT_EQ(net.CountFound([&]() -> DhtHost& { return net.Any(); }), 50u);
    return net.world.trace_hash();
  });
}

TEST(DhtWorld, IsWholeAgainAfterAPartitionHealed) {
  EachRunTwice([](uint64_t seed) {
    DividedNetwork net(Lossless(seed), 1000, 60);
    net.AnnounceAll();
    net.Divide();
    net.world.RunFor(minutes(5));
    EXPECT_GE(net.FoundByEven(), 50u);  // each half keeps copies of most values
    EXPECT_GE(net.FoundByOdd(), 50u);
    net.Heal();
    net.world.RunFor(minutes(5));
    net.AnnounceAnew();
    EXPECT_EQ(net.FoundByEven(), 60u);
    EXPECT_EQ(net.FoundByOdd(), 60u);
    return net.world.trace_hash();
  });
}

TEST(DhtWorld, FindsValuesAfterAThirdOfTheNodesCrashed) {
  EachRunTwice([](uint64_t seed) {
    AnnouncedNetwork net(Lossless(seed), 1000, 100);
    net.AnnounceAll();
    for (size_t i = 0; i < net.network.size(); i += 3) net.world.Crash(net.network[i].index());
    const auto alive = [&]() -> DhtHost& { return net.network[3 * net.random.Below(333) + 1]; };
    EXPECT_GE(net.CountFound(alive), 98u);
    return net.world.trace_hash();
  });
}

TEST(DhtWorld, TakesNodesBackThatCrashedAndLostEverything) {
  EachRunTwice([](uint64_t seed) {
    AnnouncedNetwork net(Lossless(seed), 200, 40);
    for (size_t i = 0; i < net.network.size(); i += 2) net.world.Crash(net.network[i].index());
    net.world.RunFor(minutes(2));
    for (size_t i = 0; i < net.network.size(); i += 2) net.world.PowerOn(net.network[i].index());
    net.world.RunFor(minutes(5));
    net.AnnounceAll();
    EXPECT_EQ(net.CountFound([&]() -> DhtHost& { return net.Any(); }), 40u);
    return net.world.trace_hash();
  });
}

// When all bootstrap nodes are gone the others do not need them any more.
TEST(DhtWorld, NeedsNoBootstrapNodeOnceItStands) {
  EachRunTwice([](uint64_t seed) {
    AnnouncedNetwork net(Lossless(seed), 300, 50);
    for (size_t i = 0; i < 3; ++i) net.world.Crash(net.network[i].index());
    const auto alive = [&]() -> DhtHost& { return net.network[3 + net.random.Below(297)]; };
    net.AnnounceAll(alive);
    EXPECT_GE(net.CountFound(alive), 49u);
    return net.world.trace_hash();
  });
}

// The figures of the model for 1,000 nodes: hops 1.85, queries 11.0.
TEST(DhtWorld, LooksUpAsCheaplyAsTheModelSays) {
  EachRunTwice([](uint64_t seed) {
    World world(Lossless(seed));
    DhtPopulation network(world, 1000);
    world.RunFor(minutes(16));
    network.StartWithReadyTables();
    SeededRandom random = SeededRandom::For(seed, 0, 98);
    std::vector<std::unique_ptr<LookupProbe>> probes;
    const int lookups = 1000;
    for (int i = 0; i < lookups; ++i) {
      probes.push_back(std::make_unique<LookupProbe>());
      DhtHost& host = network[random.Below(1000)];  // one draw a statement
      probes.back()->Find(world, host, random.NextId<InfoHash>());
      world.RunFor(milliseconds(20));
    }
    world.RunFor(seconds(20));
    double hops = 0;
    double queries = 0;
    int timeouts = 0;
    for (const auto& probe : probes) {
      EXPECT_TRUE(probe->done);
      hops += probe->report.hops;
      queries += probe->report.queries;
      timeouts += probe->report.timeouts;
    }
    EXPECT_NEAR(hops / lookups, 1.85, 0.15);
    EXPECT_NEAR(queries / lookups, 11.0, 11.0 * 0.08);
    // Hardly anybody answers so late that the end of a lookup is not put off for it.
    EXPECT_LE(timeouts, 5);
    return world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
