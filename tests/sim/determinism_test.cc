// One seed, one run: the trace hash of a small busy world is the same each time, on every machine
// and with every compiler, and another seed gives another one.
#include <gtest/gtest.h>

#include "sim/population.h"
#include "tests/support/dht_probe.h"

namespace starling::sim {
namespace {

using testing_support::LookupProbe;

uint64_t HashOf(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.link.loss_ppm = 20'000;
  World world(options);
  DhtPopulation network(world, 60);
  network.JoinHonestly(milliseconds(500));
  Noise noise;
  noise.seed = seed;
  noise.reorder_ppm = 50'000;
  noise.duplicate_ppm = 50'000;
  world.rules().Add(std::make_unique<NoiseRule>(noise));
  world.RunFor(minutes(1));
  SeededRandom random = SeededRandom::For(seed, 1, 97);
  const InfoHash target = random.NextId<InfoHash>();
  LookupProbe announce;
  announce.Announce(world, network[random.Below(60)], target, 1234);
  world.RunFor(seconds(20));
  LookupProbe find;
  find.Find(world, network[random.Below(60)], target);
  world.Crash(network[50].index());
  world.RunFor(minutes(30));
  EXPECT_EQ(find.found.size(), 1u);
  return world.trace_hash();
}

TEST(Determinism, TheSameSeedGivesTheSameRun) { EXPECT_EQ(HashOf(5), HashOf(5)); }

TEST(Determinism, AnotherSeedGivesAnotherRun) { EXPECT_NE(HashOf(5), HashOf(6)); }

TEST(Determinism, HowAWorldIsRunInPortionsDoesNotMatter) {
  World at_once({.seed = 3});
  DhtPopulation first(at_once, 20);
  first.JoinHonestly(milliseconds(300));
  at_once.RunFor(minutes(10));
  World in_portions({.seed = 3});
  DhtPopulation second(in_portions, 20);
  second.JoinHonestly(milliseconds(300));
  for (int i = 0; i < 600; ++i) in_portions.RunFor(seconds(1));
  EXPECT_EQ(at_once.events(), in_portions.events());
  EXPECT_EQ(at_once.trace_hash(), in_portions.trace_hash());
}

}  // namespace
}  // namespace starling::sim
