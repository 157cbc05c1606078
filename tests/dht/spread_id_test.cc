#include "dht/spread_id.h"

#include <gtest/gtest.h>

#include <set>

namespace starling::dht {
namespace {

TEST(SpreadId, TheFirstNodesOfAMachineDifferInTheirHighestBits) {
  SeededRandom random(1);
  const NodeId base = random.NextId<NodeId>();
  EXPECT_EQ(SharedPrefixBits(base, DrawSpreadId(base, 1, random)), 0);
  EXPECT_EQ(SharedPrefixBits(base, DrawSpreadId(base, 2, random)), 1);
  EXPECT_EQ(SharedPrefixBits(base, DrawSpreadId(base, 3, random)), 0);
}

TEST(SpreadId, NoTwoOf256Addresses) {
  SeededRandom random(1);
  const NodeId base = random.NextId<NodeId>();
  std::set<std::byte> first_bytes = {base.bytes[0]};
  for (int index = 1; index < 256; ++index) {
    first_bytes.insert(DrawSpreadId(base, static_cast<uint8_t>(index), random).bytes[0]);
  }
  EXPECT_EQ(first_bytes.size(), 256u) << "share their first byte";
}

}  // namespace
}  // namespace starling::dht
