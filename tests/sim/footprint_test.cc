// What an idle simulated DHT node costs in memory. The promise is 10 KB in a network of a million.
#include <gtest/gtest.h>
#include <malloc.h>

#include <iostream>
#include <string>

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

TEST(Footprint, AnIdleDhtNodeTakesLessThanTenKilobytes) {
  constexpr size_t kNodes = kCanMeasure ? 20'000 : 1'000;
  constexpr double kMillionContacts = 142;  // 17 full buckets of 8, and a tail
  const size_t before = HeapInUse();
  WorldOptions options;
  options.slot_bits = 15;
  World world(options);
  world.RunFor(minutes(16));
  DhtPopulation network(world, kNodes);
  network.StartWithReadyTables();
  world.RunFor(seconds(90));
  const double bytes = static_cast<double>(HeapInUse() - before) / kNodes;
  double contacts = 0;
  for (DhtHost* host : network.hosts()) {
    contacts += static_cast<double>(host->node().contacts().size()) / kNodes;
  }
  const double in_a_million = bytes + (kMillionContacts - contacts) * sizeof(dht::Contact);
  RecordProperty("bytes_per_node", std::to_string(bytes));
  RecordProperty("bytes_per_node_of_a_million", std::to_string(in_a_million));
  std::cout << "  " << bytes << " bytes a node with " << contacts << " contacts, " << in_a_million
            << " in a network of a million\n";
  EXPECT_GT(contacts, kCanMeasure ? 80 : 50);
  if (!kCanMeasure) return;
  EXPECT_LT(bytes, 10'000);
  EXPECT_LT(in_a_million, 10'000);
}

}  // namespace
}  // namespace starling::sim
