// The counting filter of BEP 33: the vector of the BEP byte for byte, and its estimate.

#include "dht/bloom_filter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace starling::dht {
namespace {

// BEP 33, "Test Vectors".
constexpr absl::string_view kVector =
    "f6c3f5eaa07ffd91bde89f777f26fb2bff37bdb8fb2bbaa2fd3ddde7bacfff75ee7ccbae"
    "fe5eedb1fbfaff67f6abff5e43ddbca3fd9b9ffdf4ffd3e9dff12d1bdf59db53dbe9fa5b"
    "7ff3b8fdfcde1afb8bedd7be2f3ee71ebbbfe93bcdeefe148246c2bc5dbff7e7efdcf24f"
    "d8dc7adffd8fffdfddfff7a4bbeedf5cb95ce81fc7fcff1ff4ffffdfe5f7fdcbb7fd79b3"
    "fa1fc77bfe07fff905b7b7ffc7fefeffe0b8370bb0cd3f5b7f2bd93feb4386cfdd6f7fd5"
    "bfaf2e9ebffffeecd67adbf7c67f17efd5d75eba6ffeba7fff47a91eb1bfbb53e8abfb57"
    "62abe8ff237279bfefbfeef5ffc5febfdfe5adffadfee1fb737ffffbfd9f6aeffeee76b6"
    "fd8f72ef";

BloomFilter FilterOfTheBep() {
  BloomFilter filter;
  for (uint32_t i = 0; i <= 0xff; ++i) filter.Add(Endpoint::V4(0xc0000200 + i, 1));
  for (uint32_t i = 0; i <= 0x3e7; ++i) {
    Endpoint address = *Endpoint::ParseAddress("2001:db8::", 1);
    StoreBig<uint32_t>(address.address.data() + 12, i);
    filter.Add(address);
  }
  return filter;
}

TEST(BloomFilter, HoldsTheBytesOfTheBepForTheAddressesOfTheBep) {
  EXPECT_EQ(ToHex(FilterOfTheBep().view()), kVector);
}

TEST(BloomFilter, EstimatesWhatTheBepEstimates) {
  EXPECT_NEAR(FilterOfTheBep().Estimate(), 1224.9308, 0.0001);
}

TEST(BloomFilter, AnEmptyOneCountsNobodyAndOneAddressIsOne) {
  BloomFilter filter;
  EXPECT_EQ(filter.Estimate(), 0);
  EXPECT_FALSE(filter.Contains(Endpoint::V4(0x01020304, 1)));
  filter.Add(Endpoint::V4(0x01020304, 1));
  EXPECT_NEAR(filter.Estimate(), 1, 0.01);
}

TEST(BloomFilter, APortIsNoPartOfAnAddress) {
  BloomFilter filter;
  filter.Add(Endpoint::V4(0x01020304, 1));
  const BloomFilter once = filter;
  filter.Add(Endpoint::V4(0x01020304, 2));
  EXPECT_TRUE(SameBytes(filter.view(), once.view()));
  EXPECT_TRUE(filter.Contains(Endpoint::V4(0x01020304, 3)));
}

TEST(BloomFilter, AUnionCountsWhoIsInBothOnce) {
  BloomFilter left;
  BloomFilter right;
  for (uint32_t i = 0; i < 300; ++i) left.Add(Endpoint::V4(0x50000000 + i, 1));
  for (uint32_t i = 150; i < 450; ++i) right.Add(Endpoint::V4(0x50000000 + i, 1));
  left.Unite(right);
  EXPECT_NEAR(left.Estimate(), 450, 35);
}

TEST(BloomFilter, EstimatesStayWithinATenthUpToThreeThousand) {
  SeededRandom random(1);
  for (const int count : {10, 100, 1000, 3000}) {
    BloomFilter filter;
    for (int i = 0; i < count; ++i) {
      filter.Add(Endpoint::V4(static_cast<uint32_t>(random.Next()), 1));
    }
    EXPECT_NEAR(filter.Estimate(), count, std::max(1.0, count * 0.1)) << count;
  }
}

TEST(BloomFilter, AFullOneIsKnownForALie) {
  BloomFilter filter = BloomFilter::FromBytes(AsBytes(std::string(BloomFilter::kSize, '\xff')));
  EXPECT_TRUE(filter.is_overfull());
  EXPECT_TRUE(std::isfinite(filter.Estimate()));
  EXPECT_FALSE(FilterOfTheBep().is_overfull());
}

}  // namespace
}  // namespace starling::dht
