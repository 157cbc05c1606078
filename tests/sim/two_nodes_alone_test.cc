// A DHT of two: the one that serves has been there for long, the other knows only its address as a
// DHT node, as in docs/private-dht.md.
#include <gtest/gtest.h>

#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

TEST(TwoNodesAlone, MeetWithinSecondsHoweverLongTheSeederHasWaited) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options;
    options.seed = seed;
    options.content.size = 1 << 20;
    options.dht_nodes = 0;
    SwarmWorld swarm(options);
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(hours(3));
    swarm.AddLeecher([&](ClientHostOptions& host) {
      host.client.dht_routers = {{seeder.endpoint().AddressToString(), seeder.endpoint().port}};
    });
    EXPECT_TRUE(swarm.RunUntilComplete(seconds(15)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
