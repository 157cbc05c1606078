// What an idle simulated DHT node costs in memory. The promise is 10 KB in a network of a million.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "dht/tuned_variant.h"
#include "sim/population.h"

namespace starling::sim {
namespace {

#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kCanMeasure = false;  // the sanitizer replaces the allocator
#else
constexpr bool kCanMeasure = true;
#endif

size_t HeapInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct Footprint {
  double bytes = 0;  // a node
  double contacts = 0;
  double bytes_in_a_million = 0;
};

// Of `nodes` that stand for a while, and of one that has the contacts of a network of a million.
Footprint MeasureFootprint(const dht::LookupVariantPointer& variant, size_t nodes) {
  const size_t before = HeapInUse();
  WorldOptions options;
  options.slot_bits = 15;
  World world(options);
  world.RunFor(minutes(16));
  dht::Options node_options = SimulatedDhtOptions();
  node_options.variant = variant;
  DhtPopulation network(world, nodes, node_options);
  network.StartWithReadyTables();
  world.RunFor(seconds(90));
  Footprint footprint;
  footprint.bytes = static_cast<double>(HeapInUse() - before) / static_cast<double>(nodes);
  for (DhtHost* host : network.hosts()) {
    footprint.contacts +=
        static_cast<double>(host->node().contacts().size()) / static_cast<double>(nodes);
  }
  double of_a_million = 0;
  for (size_t bucket = 0; bucket < 20; ++bucket) {
    of_a_million += std::min(double(variant->BucketSize(bucket)), 1e6 / double(2 << bucket));
  }
  footprint.bytes_in_a_million =
      footprint.bytes + (of_a_million - footprint.contacts) * sizeof(dht::Contact);
  std::cout << "  " << footprint.bytes << " bytes a node with " << footprint.contacts
            << " contacts, " << footprint.bytes_in_a_million << " with the " << of_a_million
            << " of a network of a million\n";
  return footprint;
}

TEST(Footprint, AnIdleDhtNodeTakesLessThanTenKilobytes) {
  const Footprint footprint =
      MeasureFootprint(dht::MakePlainVariant(), kCanMeasure ? 20'000 : 1'000);
  RecordProperty("bytes_per_node", std::to_string(footprint.bytes));
  RecordProperty("bytes_per_node_of_a_million", std::to_string(footprint.bytes_in_a_million));
  EXPECT_GT(footprint.contacts, kCanMeasure ? 80 : 50);
  if (!kCanMeasure) return;
  EXPECT_LT(footprint.bytes, 10'000);
  EXPECT_LT(footprint.bytes_in_a_million, 10'000);
}

TEST(Footprint, AnIdleNodeOfTheDefaultVariantTakesLessThanEighteenKilobytes) {
  const Footprint footprint = MeasureFootprint(dht::MakeTunedVariant(dht::DefaultTuning()), 2'000);
  EXPECT_GT(footprint.contacts, 180);
  if (!kCanMeasure) return;
  EXPECT_LT(footprint.bytes_in_a_million, 18'000);
}

}  // namespace
}  // namespace starling::sim
