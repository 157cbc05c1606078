#include "dht/routing_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "dht/tuned_variant.h"

namespace starling::dht {
namespace {

constexpr uint32_t kNow = 10'000;
const LookupVariantPointer kPlain = MakePlainVariant(8, 3);

Endpoint Public(uint32_t index, uint16_t port = 6881) {
  return Endpoint::V4(0x08000000 + index, port);
}

// Our own id is zero, so an id whose first set bit is at `bucket` belongs to that bucket.
NodeId InBucket(size_t bucket, uint64_t rest) {
  NodeId id;
  StoreBig<uint64_t>(id.bytes.data() + 12, rest);
  id.bytes[bucket / 8] |= std::byte{static_cast<uint8_t>(0x80 >> (bucket % 8))};
  return id;
}

class RoutingTableTest : public testing::Test {
 protected:
  bool Answered(size_t bucket, uint32_t number, uint32_t when = kNow) {
    return table_.OnAnswer(when, InBucket(bucket, number), Public(100 * bucket + number), 0);
  }
  void Fill(size_t bucket) {
    for (uint32_t i = 0; i < 8; ++i) EXPECT_TRUE(Answered(bucket, i));
  }
  RoutingTable::Loss Lost(size_t bucket, uint32_t number, bool may_be_us = false) {
    return table_.OnTimeout(kNow, Public(100 * bucket + number), may_be_us);
  }
  // The buckets tile the vector, each within its size, each contact where it belongs.
  void CheckInvariants(const RoutingTable& table) {
    size_t sum = 0;
    for (size_t index = 0; index < RoutingTable::kBuckets; ++index) {
      EXPECT_LE(table.bucket(index).size(), 8u);
      for (const Contact& contact : table.bucket(index)) {
        const auto shared = static_cast<size_t>(SharedPrefixBits(table.own_id(), contact.id));
        EXPECT_EQ(std::min(shared, RoutingTable::kBuckets - 1), index);
        EXPECT_EQ(table.Find(contact.id), &contact);
      }
      sum += table.bucket(index).size();
    }
    EXPECT_EQ(sum, table.size());
  }

  RoutingTable table_{NodeId{}, *kPlain};
};

TEST_F(RoutingTableTest, ABucketHoldsEightAndKeepsThem) {
  Fill(0);
  EXPECT_FALSE(Answered(0, 8));
  EXPECT_TRUE(Answered(1, 0)) << "another bucket has room";
  EXPECT_EQ(table_.size(), 9u);
  EXPECT_NE(table_.Find(InBucket(0, 7)), nullptr);
  EXPECT_EQ(table_.Find(InBucket(0, 8)), nullptr);
  CheckInvariants(table_);
}

TEST_F(RoutingTableTest, NeverHoldsOurselves) {
  EXPECT_FALSE(table_.OnAnswer(kNow, NodeId{}, Public(1), 0));
  EXPECT_TRUE(table_.empty());
}

TEST_F(RoutingTableTest, TwoFailuresInARowDropAndTheRingReplaces) {
  Fill(0);
  Answered(0, 8);  // into the ring
  EXPECT_EQ(Lost(0, 3), RoutingTable::Loss::kSuspect);
  Answered(0, 3);
  EXPECT_EQ(Lost(0, 3), RoutingTable::Loss::kSuspect) << "an answer between them";
  EXPECT_EQ(Lost(0, 3), RoutingTable::Loss::kDropped);
  EXPECT_EQ(table_.Find(InBucket(0, 3)), nullptr);
  EXPECT_NE(table_.Find(InBucket(0, 8)), nullptr);
  EXPECT_EQ(Lost(7, 7), RoutingTable::Loss::kNotOurs);
  CheckInvariants(table_);
}

TEST_F(RoutingTableTest, WhenTheFaultMayBeOursNobodyIsDropped) {
  Answered(0, 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Lost(0, 1, true), RoutingTable::Loss::kSuspect);
  EXPECT_NE(table_.Find(InBucket(0, 1)), nullptr);
  EXPECT_FALSE(table_.Find(InBucket(0, 1))->IsGood(kNow));
  EXPECT_EQ(Lost(0, 1), RoutingTable::Loss::kDropped);
}

TEST_F(RoutingTableTest, AStaleReplacementIsNotTaken) {
  Fill(0);
  Answered(0, 8, kNow - 1000);
  Lost(0, 3);
  Lost(0, 3);
  EXPECT_EQ(table_.size(), 7u);
  EXPECT_EQ(table_.Find(InBucket(0, 8)), nullptr);
}

TEST_F(RoutingTableTest, TheRingIsBoundedAndPrefersTheLiving) {
  Fill(0);
  for (uint32_t i = 8; i < 50; ++i) Answered(0, i);
  EXPECT_EQ(table_.replacements().size(), RoutingTable::kReplacementsMax);
  Answered(1, 0);
  Lost(1, 0);
  Lost(1, 0);
  for (const Contact& contact : table_.replacements()) EXPECT_EQ(contact.failures, 0);
}

TEST_F(RoutingTableTest, TheRingRemembersWhomAnOutageTook) {
  for (uint32_t i = 0; i < 3; ++i) Answered(i, i);
  for (uint32_t i = 0; i < 3; ++i) {
    Lost(i, i);
    Lost(i, i);
  }
  EXPECT_TRUE(table_.empty());
  EXPECT_EQ(table_.replacements().size(), 3u);
}

TEST_F(RoutingTableTest, OnePublicAddressHasOneEntry) {
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(0, 1), Public(1, 1000), 0));
  EXPECT_FALSE(table_.OnAnswer(kNow, InBucket(1, 1), Public(1, 2000), 0));
  EXPECT_EQ(table_.size(), 1u);
  // Once the first fails, the other may have the place.
  table_.OnTimeout(kNow, Public(1, 1000), false);
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(1, 1), Public(1, 2000), 0));
  EXPECT_EQ(table_.size(), 1u);
  CheckInvariants(table_);
}

TEST_F(RoutingTableTest, OneLocalAddressHasAnEntryForEachPort) {
  for (uint16_t port = 1; port <= 8; ++port) {
    EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(port, port), Endpoint::V4(0x7f000001, port), 0));
  }
  EXPECT_EQ(table_.size(), 8u);
}

TEST_F(RoutingTableTest, AnEndpointThatChangesItsIdIsMoved) {
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(0, 1), Public(1), 0));
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(5, 1), Public(1), 0));
  EXPECT_EQ(table_.size(), 1u);
  EXPECT_EQ(table_.Find(InBucket(0, 1)), nullptr);
}

TEST_F(RoutingTableTest, AnIdBelongsToWhoHeldItFirstWhileHeLives) {
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(0, 1), Public(1), 0));
  EXPECT_FALSE(table_.OnAnswer(kNow, InBucket(0, 1), Public(2), 0)) << "id theft";
  EXPECT_EQ(table_.Find(InBucket(0, 1))->endpoint, Public(1));
  table_.OnTimeout(kNow, Public(1), false);
  EXPECT_TRUE(table_.OnAnswer(kNow, InBucket(0, 1), Public(2), 0));
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(RoutingTableTest, AQueryKeepsAVerifiedContactGoodAndNobodyElse) {
  Answered(0, 1);
  EXPECT_FALSE(table_.OnQuery(kNow + 800, InBucket(0, 2), Public(2))) << "unknown";
  EXPECT_FALSE(table_.OnQuery(kNow + 800, InBucket(0, 1), Public(77))) << "another endpoint";
  EXPECT_TRUE(table_.OnQuery(kNow + 800, InBucket(0, 1), Public(1)));
  EXPECT_TRUE(table_.Find(InBucket(0, 1))->IsGood(kNow + 1600));
  EXPECT_TRUE(table_.AddUnverified(InBucket(3, 1), Public(3)));
  EXPECT_FALSE(table_.OnQuery(kNow, InBucket(3, 1), Public(3)));
}

TEST_F(RoutingTableTest, UnverifiedContactsGiveWayToVerifiedOnes) {
  for (uint32_t i = 0; i < 8; ++i) EXPECT_TRUE(table_.AddUnverified(InBucket(0, i), Public(i)));
  EXPECT_FALSE(table_.AddUnverified(InBucket(0, 9), Public(9)));
  EXPECT_TRUE(Answered(0, 20));
  EXPECT_EQ(table_.size(), 8u);
  int dropped_at_once = 0;
  for (uint32_t i = 0; i < 8; ++i) {
    dropped_at_once += table_.OnTimeout(kNow, Public(i), false) == RoutingTable::Loss::kDropped;
  }
  EXPECT_EQ(dropped_at_once, 7) << "all but the one that gave way";
  CheckInvariants(table_);
}

TEST_F(RoutingTableTest, FindsASparseBucketOnlyWhereMoreCanBeExpected) {
  EXPECT_FALSE(table_.FindSparseBucket(0).has_value());
  Fill(3);
  EXPECT_EQ(table_.FindSparseBucket(0), 1u);
  EXPECT_EQ(table_.FindSparseBucket(1), 2u);
  EXPECT_EQ(table_.FindSparseBucket(2), 0u) << "beyond 2 only the full one and our neighbourhood";
}

// Against sorting everything, over tables of real shape: of small buckets and of large ones.
TEST(RoutingTable, FindClosestIsExact) {
  SeededRandom random(3);
  for (const size_t size : {0, 1, 5, 40, 3000, 3001}) {
    const LookupVariantPointer variant = MakePlainVariant(size % 2 == 0 ? 8 : 128, 3);
    RoutingTable table(random.NextId<NodeId>(), *variant);
    NodeId before;
    for (uint32_t i = 0; i < size; ++i) {
      NodeId id = random.NextId<NodeId>();
      // Some differ from another one only in their last bytes.
      if (i % 3 == 0) std::copy_n(before.bytes.begin(), 8 + i % 12, id.bytes.begin());
      // And some stand in the last bucket, beside us.
      if (i % 7 == 1) std::copy_n(table.own_id().bytes.begin(), 5, id.bytes.begin());
      table.OnAnswer(kNow, id, Public(i), 0);
      before = id;
    }
    for (const Contact& contact : table.contacts()) EXPECT_EQ(table.Find(contact.id), &contact);
    for (int round = 0; round < 200; ++round) {
      NodeId target = random.NextId<NodeId>();
      if (round % 3 == 0) {  // near to our own id
        const NodeId& own = table.own_id();
        std::copy(own.bytes.begin(), own.bytes.begin() + round % 20, target.bytes.begin());
      }
      if (round % 5 == 0 && size > 0) {  // as near to one of them as it gets
        target = table.contacts()[static_cast<size_t>(round) % table.size()].id;
        target.bytes[19] ^= std::byte{1};
      }
      std::vector<const Contact*> expected;
      for (const Contact& contact : table.contacts()) expected.push_back(&contact);
      std::sort(expected.begin(), expected.end(),
                [&](const Contact* a, const Contact* b) { return IsCloser(target, a->id, b->id); });
      const size_t wanted = 1 + static_cast<size_t>(round) % 24;
      std::vector<const Contact*> closest(wanted);
      closest.resize(table.FindClosest(target, closest));
      expected.resize(std::min(expected.size(), wanted));
      EXPECT_EQ(closest, expected);
    }
  }
}

TEST(RoutingTable, FindClosestLeavesOutWhatTheFilterRefuses) {
  SeededRandom random(4);
  RoutingTable table(random.NextId<NodeId>(), *kPlain);
  for (uint32_t i = 0; i < 500; ++i) {
    table.OnAnswer(i % 2 == 0 ? kNow : kNow - 2000, random.NextId<NodeId>(), Public(i), 0);
  }
  std::array<const Contact*, 8> closest;
  const size_t count = table.FindClosest(random.NextId<NodeId>(), closest,
                                         [](const Contact& c) { return c.IsGood(kNow); });
  EXPECT_EQ(count, 8u);
  for (const Contact* contact : closest) EXPECT_TRUE(contact->IsGood(kNow));
}

TEST(RoutingTable, OfALargeNetworkTakesAboutSixKilobytes) {
  SeededRandom random(5);
  RoutingTable table(NodeId{}, *kPlain);
  // Uniform ids of a million nodes: bucket b is full down to where the network ends.
  for (size_t bucket = 0; bucket < 17; ++bucket) {
    for (uint32_t i = 0; i < 20; ++i) {
      table.OnAnswer(kNow, InBucket(bucket, random.Next()), Public(1000 * bucket + i), 0);
    }
  }
  EXPECT_EQ(table.size(), 136u);
  EXPECT_LE(table.memory_bytes(), 6500u);
}

TEST_F(RoutingTableTest, CanBeMadeInsteadOfLearned) {
  std::vector<Contact> contacts;
  for (uint32_t number = 0; number < 10; ++number) {
    for (const size_t bucket : {5, 0, 2}) {
      const auto place = static_cast<uint32_t>(100 * bucket + number);
      contacts.push_back({InBucket(bucket, number), Public(place), 0, 7, kNow - number});
    }
  }
  contacts.push_back({NodeId{}, Public(1000), 0, 0, kNow});
  contacts.push_back({InBucket(9, 1), Public(1001), 0, 0, kNow});
  table_.Fill(contacts, [](const Contact& contact) { return contact.endpoint != Public(1001); });
  CheckInvariants(table_);
  EXPECT_EQ(table_.size(), 24u) << "three full buckets, without ourselves and the refused one";
  EXPECT_EQ(table_.Find(InBucket(2, 7))->last_seen_s, kNow - 7);
  EXPECT_EQ(table_.Find(InBucket(2, 8)), nullptr);
  EXPECT_LE(table_.memory_bytes(), 24 * sizeof(Contact));
}

TEST(RoutingTable, KeepsItsInvariantsInAStormOfEvents) {
  SeededRandom random(6);
  RoutingTable table(NodeId{}, *kPlain);
  for (int step = 0; step < 6'000; ++step) {
    const size_t bucket = random.Below(6);
    const auto number = static_cast<uint32_t>(random.Below(12));
    const auto address = static_cast<uint32_t>(random.Below(60));
    const auto port = static_cast<uint16_t>(1 + random.Below(2));
    switch (random.Below(4)) {
      case 0:
      case 1:
        table.OnAnswer(kNow, InBucket(bucket, number), Public(address, port), 0);
        break;
      case 2:
        table.OnTimeout(kNow, Public(address, port), random.Below(2) == 0);
        break;
      default:
        table.AddUnverified(InBucket(bucket, number), Public(address, port));
    }
    std::vector<Endpoint> endpoints;
    std::vector<NodeId> ids;
    for (const Contact& contact : table.contacts()) {
      endpoints.push_back(contact.endpoint);
      endpoints.back().port = 0;
      ids.push_back(contact.id);
      ASSERT_EQ(table.Find(contact.id), &contact);
    }
    std::sort(endpoints.begin(), endpoints.end());
    std::sort(ids.begin(), ids.end());
    ASSERT_EQ(std::adjacent_find(endpoints.begin(), endpoints.end()), endpoints.end());
    ASSERT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
    for (size_t index = 0; index < RoutingTable::kBuckets; ++index) {
      ASSERT_LE(table.bucket(index).size(), 8u);
    }
  }
}

}  // namespace
}  // namespace starling::dht
