#include "dht/item_store.h"

#include <gtest/gtest.h>

#include "tests/dht/items.h"

namespace starling::dht {
namespace {

Endpoint From(uint32_t network, uint32_t host = 1, uint16_t port = 6881) {
  return Endpoint::V4(0x08000000 + (network << 8) + host, port);
}

class ItemStoreTest : public testing::Test {
 protected:
  ItemError Put(const Item& item, const Endpoint& source = From(1),
                std::optional<int64_t> cas = std::nullopt) {
    return store_.Put(now_, source, item.view(), cas, [&] {
      ++verified_;
      return IsGenuine(item.view());
    });
  }
  bool Has(const Item& item) {
    const Item* found = store_.Find(now_, item.target());
    return found != nullptr && *found == item;
  }
  // Immutable items until one is `wanted` by its distance to our id, which is zero.
  template <class Wanted>
  Item Draw(Wanted wanted) {
    while (true) {
      const Item item = Immutable(absl::StrCat("item ", ++drawn_));
      if (wanted(std::to_integer<int>(item.target().bytes[0]))) return item;
    }
  }
  Item Any() {
    return Draw([](int) { return true; });
  }

  Time now_{seconds(1000)};
  ItemStore::Limits limits_{.all = {20, 20'000}, .source = {4, 4000}, .network = {6, 6000}};
  ItemStore store_{NodeId{}, limits_};
  int verified_ = 0;
  int drawn_ = 0;
};

TEST_F(ItemStoreTest, KeepsItemsForTwoHoursAfterTheLastPut) {
  const Item item = Immutable("text");
  EXPECT_EQ(Put(item), ItemError::kNone);
  now_ += minutes(119);
  EXPECT_TRUE(Has(item));
  EXPECT_EQ(Put(item, From(2)), ItemError::kNone) << "anybody may prolong it";
  now_ += minutes(119);
  EXPECT_TRUE(Has(item));
  EXPECT_EQ(store_.items(), 1u);
  now_ += minutes(1);
  EXPECT_FALSE(Has(item));
  EXPECT_EQ(store_.items(), 0u);
  EXPECT_EQ(store_.bytes(), 0u);
}

TEST_F(ItemStoreTest, ForgetsExpiredItemsThatNobodyAsksFor) {
  for (uint32_t i = 0; i < 4; ++i) Put(Any());
  now_ += hours(2);
  EXPECT_EQ(Put(Any()), ItemError::kNone);
  EXPECT_EQ(store_.items(), 1u);
}

TEST_F(ItemStoreTest, ASequenceNumberOnlyRises) {
  EXPECT_EQ(Put(Signed(5, "five")), ItemError::kNone);
  EXPECT_EQ(Put(Signed(4, "four")), ItemError::kSequenceTooLow);
  EXPECT_EQ(Put(Signed(5, "another five")), ItemError::kSequenceTooLow);
  EXPECT_TRUE(Has(Signed(5, "five")));
  EXPECT_EQ(Put(Signed(6, "six")), ItemError::kNone);
  EXPECT_TRUE(Has(Signed(6, "six")));
  EXPECT_EQ(store_.items(), 1u);
}

TEST_F(ItemStoreTest, TheSamePutAgainOnlyProlongsIt) {
  EXPECT_EQ(Put(Signed(5, "five")), ItemError::kNone);
  now_ += minutes(100);
  EXPECT_EQ(Put(Signed(5, "five")), ItemError::kNone);
  EXPECT_EQ(verified_, 1) << "the repeated signature is known";
  now_ += minutes(100);
  EXPECT_TRUE(Has(Signed(5, "five")));
}

TEST_F(ItemStoreTest, ACasThatDoesNotMatchIsRefusedAndChangesNothing) {
  EXPECT_EQ(Put(Signed(5, "five"), From(1), 4), ItemError::kNone) << "nothing to compare with";
  EXPECT_EQ(Put(Signed(6, "six"), From(1), 4), ItemError::kCasMismatch);
  EXPECT_EQ(Put(Signed(3, "three"), From(1), 4), ItemError::kCasMismatch);
  EXPECT_TRUE(Has(Signed(5, "five")));
  EXPECT_EQ(Put(Signed(6, "six"), From(1), 5), ItemError::kNone);
  EXPECT_TRUE(Has(Signed(6, "six")));
}

TEST_F(ItemStoreTest, SaltsAndKeysAreSlotsOfTheirOwn) {
  for (const Item& item : {Signed(1, "a"), Signed(1, "b", "x"), Signed(1, "c", "y")}) {
    EXPECT_EQ(Put(item), ItemError::kNone);
  }
  EXPECT_EQ(Put(Signed(1, "d", "x", 2)), ItemError::kNone);
  EXPECT_EQ(store_.items(), 4u);
  EXPECT_TRUE(Has(Signed(1, "b", "x")));
  EXPECT_TRUE(Has(Signed(1, "d", "x", 2)));
}

TEST_F(ItemStoreTest, ForgedItemsAreRefusedAndVerifiedLast) {
  Item forged = Signed(5, "five");
  forged.value = Bencoded("fake");
  EXPECT_EQ(Put(forged), ItemError::kBadSignature);
  EXPECT_EQ(store_.items(), 0u);
  Put(Signed(5, "five"));
  verified_ = 0;
  forged.seq = 4;
  EXPECT_EQ(Put(forged), ItemError::kSequenceTooLow);
  EXPECT_EQ(verified_, 0) << "refused without that work";
  forged = Signed(5, "five");
  forged.signature.bytes[3] ^= std::byte{1};
  EXPECT_EQ(Put(forged), ItemError::kBadSignature) << "even if only its lifetime is at stake";
}

TEST_F(ItemStoreTest, OneSourceCannotTakeMoreThanItsShare) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Put(Any(), From(1)), ItemError::kNone);
  EXPECT_EQ(Put(Any(), From(1)), ItemError::kServer);
  EXPECT_EQ(Put(Any(), From(1, 1, 7000)), ItemError::kServer) << "another port, the same source";
  EXPECT_EQ(Put(Any(), From(1, 2)), ItemError::kNone);
}

TEST_F(ItemStoreTest, OneSourceCannotTakeMoreBytesThanItsShare) {
  EXPECT_EQ(Put(Signed(1, std::string(900, 'x'), "a")), ItemError::kNone);
  EXPECT_EQ(Put(Signed(1, std::string(900, 'x'), "b")), ItemError::kNone);
  EXPECT_EQ(Put(Signed(1, std::string(900, 'x'), "c")), ItemError::kNone);
  EXPECT_EQ(Put(Signed(1, std::string(900, 'x'), "d")), ItemError::kServer);
  EXPECT_EQ(Put(Signed(2, std::string(900, 'y'), "c")), ItemError::kNone) << "in place of its own";
}

TEST_F(ItemStoreTest, OnePrefixCannotTakeMoreThanItsShare) {
  for (uint32_t host = 0; host < 6; ++host) EXPECT_EQ(Put(Any(), From(1, host)), ItemError::kNone);
  EXPECT_EQ(Put(Any(), From(1, 77)), ItemError::kServer);
  EXPECT_EQ(Put(Any(), From(2, 77)), ItemError::kNone);
  EXPECT_EQ(store_.items(), 7u);
}

TEST_F(ItemStoreTest, OneIpv6CustomerIsOneSource) {
  const auto at = [](absl::string_view text) { return *Endpoint::Parse(text); };
  for (const char* from : {"[2001:db8:0:1::1]:1", "[2001:db8:0:1::2]:1", "[2001:db8:0:1::3]:1",
                           "[2001:db8:0:1:5::1]:1"}) {
    EXPECT_EQ(Put(Any(), at(from)), ItemError::kNone);
  }
  EXPECT_EQ(Put(Any(), at("[2001:db8:0:1::9]:1")), ItemError::kServer);
  EXPECT_EQ(Put(Any(), at("[2001:db8:0:2::9]:1")), ItemError::kNone);
}

TEST_F(ItemStoreTest, ManyNodesOfAPrivateNetworkAreManySources) {
  for (uint16_t port = 1; port <= 15; ++port) {
    EXPECT_EQ(Put(Any(), Endpoint::V4(0x7f000001, port)), ItemError::kNone) << port;
  }
}

TEST_F(ItemStoreTest, WhenFullTheFarthestGiveWayToNearerOnesOnly) {
  std::vector<Item> near;
  for (uint32_t i = 0; i < 20; ++i) {
    const bool is_near = i % 2 == 0;
    const Item item = Draw([&](int byte) { return (byte < 64) == is_near; });
    EXPECT_EQ(Put(item, From(i)), ItemError::kNone);
    if (is_near) near.push_back(item);
  }
  EXPECT_EQ(store_.items(), 20u);
  const Item farthest = Draw([](int byte) { return byte == 255; });
  EXPECT_EQ(Put(farthest, From(50)), ItemError::kServer);
  for (uint32_t i = 0; i < 10; ++i) {
    near.push_back(Draw([](int byte) { return byte < 64; }));
    EXPECT_EQ(Put(near.back(), From(100 + i)), ItemError::kNone);
  }
  EXPECT_EQ(store_.items(), 20u);
  for (const Item& item : near) EXPECT_TRUE(Has(item));
}

TEST_F(ItemStoreTest, BytesAreLimitedLikeNumbers) {
  uint32_t refused = 0;
  for (uint32_t i = 0; i < 60; ++i) {
    const Item item = Signed(1, std::string(990, 'x'), "", static_cast<int>(i));
    if (Put(item, From(i)) == ItemError::kServer) ++refused;
    EXPECT_LE(store_.bytes(), 20'000u);
  }
  EXPECT_EQ(store_.items(), 20'000 / (995 + ItemStore::kItemOverhead));
  EXPECT_GT(refused, 10u);
}

TEST_F(ItemStoreTest, AnUpdateCountsForWhoeverMadeIt) {
  EXPECT_EQ(Put(Signed(1, "small"), From(1)), ItemError::kNone);
  EXPECT_EQ(Put(Signed(2, "small"), From(2)), ItemError::kNone);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Put(Any(), From(1)), ItemError::kNone) << i;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Put(Any(), From(2)), ItemError::kNone) << i;
  EXPECT_EQ(Put(Any(), From(2)), ItemError::kServer);
}

TEST(ItemStore, AtItsDefaultLimitsAHundredThousandPutsTakeBoundedMemory) {
  ItemStore store{NodeId{}};
  const Time now{seconds(1000)};
  for (uint32_t i = 0; i < 100'000; ++i) {
    const Item item = Immutable(absl::StrCat("a hostile item, number ", i));
    store.Put(now, Endpoint::V4(0x20000000 + i * 257, 1), item.view(), std::nullopt,
              [] { return true; });
  }
  EXPECT_LE(store.items(), 4096u);
  EXPECT_LE(store.bytes(), 2u * 1024 * 1024);
  EXPECT_GT(store.items(), 3000u);
}

}  // namespace
}  // namespace starling::dht
