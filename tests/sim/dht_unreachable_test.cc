// Nodes behind a NAT that lets nothing in but answers (BEP 43): they find out by themselves, say
// so, and leave the tables of others, which would keep them in vain.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "dht/tuned_variant.h"
#include "tests/support/announced_network.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;

constexpr size_t kNodes = 400;

// Every eighth node lies behind a NAT.
bool IsHidden(size_t place) { return place % 8 == 7; }

struct HalfHiddenNetwork {
  HalfHiddenNetwork(uint64_t seed, uint32_t expected_from, bool hides) {
    dht::Options nodes = SimulatedDhtOptions();
    nodes.strangers_expected_from = expected_from;
    net = std::make_unique<AnnouncedNetwork>(Lossless(seed), kNodes, 0, nodes);
    for (size_t i = 0; i < kNodes; ++i) {
      if (hides && IsHidden(i)) {
        net->world.SetReachability(net->network[i].index(), Reachability::kCone);
      }
    }
  }
  // Somebody looks something up every few seconds, as in a network that is used.
  void RunFor(Duration length) {
    const Time end = net->world.now() + length;
    while (net->world.now() < end) {
      testing_support::LookupProbe probe;
      probe.Find(net->world, net->Any(), net->random.NextId<InfoHash>());
      net->world.RunFor(milliseconds(1500));
      if (!probe.done) net->world.RunFor(seconds(20));
    }
  }
  size_t CountUnreachable(bool hidden) const {
    size_t count = 0;
    for (size_t i = 0; i < kNodes; ++i) {
      count += IsHidden(i) == hidden && net->network[i].node().is_unreachable();
    }
    return count;
  }
  // Places in tables of others that hidden nodes take.
  size_t CountKept() const {
    std::set<Endpoint> hidden;
    for (size_t i = 0; i < kNodes; ++i) {
      if (IsHidden(i)) hidden.insert(net->world.endpoint(net->network[i].index()));
    }
    size_t kept = 0;
    for (size_t i = 0; i < kNodes; ++i) {
      for (const dht::Contact& contact : net->network[i].node().contacts()) {
        kept += hidden.count(contact.endpoint);
      }
    }
    return kept;
  }

  std::unique_ptr<AnnouncedNetwork> net;
};

TEST(DhtUnreachable, WhoHearsNoStrangerSaysSo) {
  EachRunTwice([](uint64_t seed) {
    HalfHiddenNetwork watched(seed, 100, true);
    watched.RunFor(minutes(100));
    EXPECT_GE(watched.CountUnreachable(true), kNodes / 8 - 2);
    EXPECT_LE(watched.CountUnreachable(false), 1u);
    HalfHiddenNetwork unwatched(seed, 0, true);
    unwatched.RunFor(minutes(100));
    EXPECT_EQ(unwatched.CountUnreachable(true), 0u);
    std::printf("places in tables taken by hidden nodes: %zu, unless they noticed: %zu\n",
                watched.CountKept(), unwatched.CountKept());
    EXPECT_GE(unwatched.CountKept(), 400u);
    EXPECT_LT(4 * watched.CountKept(), unwatched.CountKept());
    return watched.net->world.trace_hash();
  });
}

TEST(DhtUnreachable, WhoCanBeReachedTakesPart) {
  HalfHiddenNetwork open(testing_support::TestSeed(), 100, false);
  for (int i = 0; i < 8; ++i) {
    open.RunFor(minutes(30));
    EXPECT_LE(open.CountUnreachable(true) + open.CountUnreachable(false), 1u);
  }
}

// The NAT is gone: at the latest when it takes part again for a trial it is reached, and stays.
TEST(DhtUnreachable, WhoIsReachedAgainTakesPartAgain) {
  HalfHiddenNetwork net(testing_support::TestSeed(), 100, true);
  net.RunFor(minutes(100));
  ASSERT_GE(net.CountUnreachable(true), kNodes / 8 - 2);
  for (size_t i = 0; i < kNodes; ++i) {
    net.net->world.SetReachability(net.net->network[i].index(), Reachability::kPublic);
  }
  net.RunFor(hours(8));
  EXPECT_LE(net.CountUnreachable(true), 2u);
}

TEST(DhtUnreachable, InASmallNetworkNobodyJudges) {
  HalfHiddenNetwork net(testing_support::TestSeed(), 10 * kNodes, true);
  net.RunFor(minutes(100));
  EXPECT_EQ(net.CountUnreachable(true) + net.CountUnreachable(false), 0u);
}

}  // namespace
}  // namespace starling::sim
