#include "sim/population.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

// How many contacts each bucket holds, by shared bits, over all nodes.
std::map<int, double> BucketSizes(DhtPopulation& network) {
  std::map<int, double> sizes;
  for (DhtHost* host : network.hosts()) {
    for (const dht::Contact& contact : host->node().contacts()) {
      sizes[SharedPrefixBits(host->id(), contact.id)] += 1.0 / static_cast<double>(network.size());
    }
  }
  return sizes;
}

TEST(Population, HandsOutTablesOfWhomANodeWouldKnow) {
  World world({.seed = testing_support::TestSeed()});
  DhtPopulation network(world, 500);
  network.StartWithReadyTables();
  std::map<Endpoint, NodeId> everybody;
  for (DhtHost* host : network.hosts()) everybody[world.endpoint(host->index())] = host->id();
  for (DhtHost* host : network.hosts()) {
    const std::vector<dht::Contact> contacts = host->node().contacts();
    std::set<NodeId> ids;
    for (const dht::Contact& contact : contacts) {
      EXPECT_EQ(everybody.at(contact.endpoint), contact.id);
      EXPECT_TRUE(ids.insert(contact.id).second);
      EXPECT_NE(contact.id, host->id());
    }
    // Each bucket is full, or holds all there are.
    std::map<int, int> known;
    std::map<int, int> existing;
    for (const dht::Contact& contact : contacts) ++known[SharedPrefixBits(host->id(), contact.id)];
    for (DhtHost* other : network.hosts()) {
      if (other != host) ++existing[SharedPrefixBits(host->id(), other->id())];
    }
    for (const auto& [bits, count] : existing) EXPECT_EQ(known[bits], std::min(count, 8));
  }
}

TEST(Population, HandsOutTheTablesThatHonestJoinsLeadTo) {
  const uint64_t seed = testing_support::TestSeed();
  World honest_world({.seed = seed});
  DhtPopulation honest(honest_world, 400);
  honest.JoinHonestly(seconds(1));
  honest_world.RunFor(hours(1));
  World ready_world({.seed = seed});
  DhtPopulation ready(ready_world, 400);
  ready.StartWithReadyTables();
  std::map<int, double> joined = BucketSizes(honest);
  for (const auto& [bits, size] : BucketSizes(ready)) {
    if (size < 1) continue;  // few nodes have a bucket so deep
    EXPECT_NEAR(joined[bits], size, 0.1 * size) << "bucket " << bits;
  }
}

TEST(Population, KnowsWhoIsClosest) {
  World world({.seed = 1});
  DhtPopulation network(world, 50);
  network.StartWithReadyTables();
  const NodeId target = network[7].id();
  EXPECT_EQ(network.Closest(target, 8).size(), 8u);
  EXPECT_EQ(network.Closest(target, 8)[0], &network[7]);
  world.Crash(network[7].index());
  EXPECT_NE(network.Closest(target, 8)[0], &network[7]);
  EXPECT_EQ(network.Closest(target, 100).size(), 49u);
}

}  // namespace
}  // namespace starling::sim
