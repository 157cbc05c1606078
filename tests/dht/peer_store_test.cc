#include "dht/peer_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace starling::dht {
namespace {

// Each in a network of its own.
Endpoint Public(uint32_t index, uint16_t port = 6881) {
  return Endpoint::V4(0x08000001 + index * 256, port);
}

InfoHash Hash(int first_byte, uint64_t rest = 0) {
  InfoHash hash;
  hash.bytes[0] = static_cast<std::byte>(first_byte);
  StoreBig<uint64_t>(hash.bytes.data() + 12, rest);
  return hash;
}

class PeerStoreTest : public testing::Test {
 protected:
  std::vector<Endpoint> All(const InfoHash& hash, size_t max = 1000) {
    const PeerStore::PeerSample found = store_.Sample(now_, hash, random_, max);
    std::vector<Endpoint> sample(found.begin(), found.end());
    std::sort(sample.begin(), sample.end());
    return sample;
  }

  SeededRandom random_{1};
  Time now_{seconds(1000)};
  PeerStore store_{NodeId{}, {.infohashes_max = 10, .peers_per_infohash_max = 20, .peers_max = 60}};
};

TEST_F(PeerStoreTest, KeepsWhatIsAnnouncedForHalfAnHour) {
  EXPECT_TRUE(store_.Announce(now_, Hash(1), Public(1), 7000));
  EXPECT_EQ(All(Hash(1)), std::vector<Endpoint>{Public(1, 7000)});
  EXPECT_TRUE(All(Hash(2)).empty());
  now_ += minutes(30);
  EXPECT_EQ(All(Hash(1)).size(), 1u);
  now_ += minutes(1);
  EXPECT_TRUE(All(Hash(1)).empty());
  EXPECT_EQ(store_.peers(), 0u);
  EXPECT_EQ(store_.infohashes(), 0u);
}

TEST_F(PeerStoreTest, ANewAnnounceOfTheSamePeerOnlyProlongsIt) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(store_.Announce(now_, Hash(1), Public(1), 7000));
    now_ += minutes(20);
  }
  EXPECT_EQ(All(Hash(1)).size(), 1u);
  EXPECT_EQ(store_.peers(), 1u);
}

TEST_F(PeerStoreTest, EachPeerExpiresByItself) {
  store_.Announce(now_, Hash(1), Public(1), 7000);
  store_.Announce(now_ + minutes(10), Hash(1), Public(2), 7000);
  store_.Announce(now_ + minutes(20), Hash(1), Public(3), 7000);
  now_ += minutes(31);
  EXPECT_EQ(All(Hash(1)), (std::vector<Endpoint>{Public(2, 7000), Public(3, 7000)}));
  now_ += minutes(10) - seconds(1);
  EXPECT_EQ(All(Hash(1)).size(), 2u);
  now_ += seconds(1);
  EXPECT_EQ(All(Hash(1)), std::vector<Endpoint>{Public(3, 7000)});
  now_ += minutes(10);
  EXPECT_TRUE(All(Hash(1)).empty());
}

TEST_F(PeerStoreTest, WhoeverAnnouncesAgainOutlivesTheOthers) {
  store_.Announce(now_, Hash(1), Public(1), 7000);
  store_.Announce(now_ + minutes(5), Hash(1), Public(2), 7000);
  store_.Announce(now_ + minutes(30), Hash(1), Public(1), 7000);
  now_ += minutes(36);
  EXPECT_EQ(All(Hash(1)), std::vector<Endpoint>{Public(1, 7000)});
}

TEST_F(PeerStoreTest, WhenOurIdChangesTheFarthestFromTheNewOneGivesWay) {
  for (int i = 1; i <= 10; ++i) EXPECT_TRUE(store_.Announce(now_, Hash(i * 10), Public(i), 7000));
  NodeId id;
  id.bytes[0] = std::byte{100};
  store_.MoveTo(id);
  now_ += minutes(2);  // all are looked through
  EXPECT_FALSE(store_.Announce(now_, Hash(255), Public(11), 7000));
  EXPECT_TRUE(store_.Announce(now_, Hash(101), Public(11), 7000));
  EXPECT_TRUE(All(Hash(30)).empty()) << "30 xor 100 is the largest of all";
  EXPECT_EQ(All(Hash(100)).size(), 1u);
  EXPECT_EQ(All(Hash(101)).size(), 1u);
}

TEST_F(PeerStoreTest, TheOldestPeerOfAFullInfoHashGivesWay) {
  for (uint32_t i = 0; i < 25; ++i) {
    EXPECT_TRUE(store_.Announce(now_, Hash(1), Public(i), 7000));
    now_ += seconds(2);
  }
  const std::vector<Endpoint> peers = All(Hash(1));
  EXPECT_EQ(peers.size(), 20u);
  EXPECT_EQ(peers.front(), Public(5, 7000));
  EXPECT_EQ(store_.peers(), 20u);
}

TEST_F(PeerStoreTest, WhenFullTheFarthestInfoHashGivesWay) {
  for (int i = 1; i <= 10; ++i) EXPECT_TRUE(store_.Announce(now_, Hash(i * 10), Public(i), 7000));
  EXPECT_FALSE(store_.Announce(now_, Hash(101), Public(11), 7000)) << "farther than all";
  EXPECT_TRUE(store_.Announce(now_, Hash(5), Public(11), 7000));
  EXPECT_EQ(store_.infohashes(), 10u);
  EXPECT_TRUE(All(Hash(100)).empty());
  EXPECT_EQ(All(Hash(90)).size(), 1u);
  EXPECT_EQ(All(Hash(5)).size(), 1u);
}

TEST_F(PeerStoreTest, AllPeersTogetherAreLimited) {
  for (uint32_t i = 0; i < 200; ++i) store_.Announce(now_, Hash(1 + i % 10), Public(i), 7000);
  EXPECT_LE(store_.peers(), 60u);
  EXPECT_EQ(All(Hash(1)).size(), 20u) << "the nearest is kept";
}

TEST_F(PeerStoreTest, OneSourceHasFewPlacesInAnInfoHash) {
  EXPECT_TRUE(store_.Announce(now_, Hash(1), Public(9), 7000));
  for (uint16_t port = 1; port <= 100; ++port) {
    now_ += seconds(1);
    EXPECT_TRUE(store_.Announce(now_, Hash(1), Public(1), port));
  }
  EXPECT_EQ(All(Hash(1)).size(), 1 + PeerStore::kPerSourceAndInfoHashMax);
  EXPECT_EQ(store_.peers(), 1 + PeerStore::kPerSourceAndInfoHashMax);
}

TEST(PeerStore, OneSourceCannotFillIt) {
  PeerStore store(NodeId{}, {.infohashes_max = 2000, .peers_per_infohash_max = 500});
  const Time now{seconds(1000)};
  size_t accepted = 0;
  for (uint64_t i = 0; i < 5000; ++i) {
    accepted += store.Announce(now, Hash(1, i), Public(1, static_cast<uint16_t>(i)), 7000) ? 1 : 0;
  }
  EXPECT_EQ(accepted, PeerStore::kPerSourceMax);
  EXPECT_TRUE(store.Announce(now, Hash(2), Public(2), 7000));
  // Its share is free again once it expired.
  EXPECT_TRUE(store.Announce(now + minutes(32), Hash(3), Public(1), 7000));
  EXPECT_EQ(store.peers(), 1u);
  EXPECT_EQ(store.infohashes(), 1u);
}

TEST(PeerStore, SamplesAreNoLongerThanAnAnswer) {
  PeerStore store(NodeId{}, {.infohashes_max = 10, .peers_per_infohash_max = 500});
  const Time now{seconds(1000)};
  for (uint32_t i = 0; i < 200; ++i) store.Announce(now, Hash(1), Public(i), 7000);
  SeededRandom random(7);
  EXPECT_EQ(store.Sample(now, Hash(1), random, 1000).size(), PeerStore::kSampleMax);
}

// Else somebody could choose thousands that lie in one place of the table.
TEST(PeerStore, EachByteOfAnInfoHashCountsForItsPlace) {
  const PeerStore::HashWhole place;
  for (size_t byte = 0; byte < InfoHash::kSize; ++byte) {
    InfoHash other = Hash(1);
    other.bytes[byte] ^= std::byte{0x55};
    EXPECT_NE(place(other), place(Hash(1))) << byte;
  }
}

TEST(PeerStore, OneNetworkCannotFillIt) {
  for (const bool is_v4 : {true, false}) {
    PeerStore store(NodeId{}, {.infohashes_max = 2000, .peers_per_infohash_max = 500});
    const Time now{seconds(1000)};
    const auto neighbour = [is_v4](uint64_t i) {
      if (is_v4) return Endpoint::V4(0x08080800 + static_cast<uint32_t>(i % 254), 7);
      Endpoint endpoint = *Endpoint::Parse("[2001:db8:7::1]:7");
      StoreBig<uint16_t>(endpoint.address.data() + 6, static_cast<uint16_t>(i));
      return endpoint;
    };
    size_t accepted = 0;
    for (uint64_t i = 0; i < 20'000; ++i) {
      accepted += store.Announce(now, Hash(1, i), neighbour(i), 7000) ? 1 : 0;
    }
    EXPECT_EQ(accepted, PeerStore::kPerNetworkMax);
    EXPECT_TRUE(store.Announce(now, Hash(2), Public(2), 7000));
  }
}

TEST(PeerStore, OneNetworkCannotFillAnInfoHash) {
  PeerStore store(NodeId{}, {.infohashes_max = 2000, .peers_per_infohash_max = 100});
  Time now{seconds(1000)};
  for (uint32_t i = 0; i < 60; ++i) EXPECT_TRUE(store.Announce(now, Hash(1), Public(i), 7000));
  for (uint32_t i = 0; i < 250; ++i) {
    now += seconds(1);
    EXPECT_TRUE(store.Announce(now, Hash(1), Endpoint::V4(0x60606000 + i, 7), 7000));
  }
  EXPECT_EQ(store.peers(), 60 + PeerStore::kPerNetworkAndInfoHashMax);
  EXPECT_TRUE(store.Announce(now, Hash(1), Public(5), 7000)) << "and all others are still there";
  EXPECT_EQ(store.peers(), 60 + PeerStore::kPerNetworkAndInfoHashMax);
}

TEST(PeerStore, WhenFullFewAddressesCannotPushOutAllOthers) {
  PeerStore store(NodeId{}, {.infohashes_max = 160, .peers_per_infohash_max = 100});
  const Time now{seconds(1000)};
  for (uint32_t i = 0; i < 160; ++i) EXPECT_TRUE(store.Announce(now, Hash(9, i), Public(i), 7000));
  // Hashes as near to our id as can be, from two networks.
  size_t accepted = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Endpoint attacker = Endpoint::V4(i % 2 == 0 ? 0x60606001 : 0x61616101, 7);
    accepted += store.Announce(now, Hash(0, i), attacker, 7000) ? 1 : 0;
  }
  EXPECT_EQ(accepted, 2 * 160 / PeerStore::kShareWhenFull);
  EXPECT_EQ(store.infohashes(), 160u);
}

TEST(PeerStore, LocalSourcesAreToldApartByPort) {
  PeerStore store(NodeId{}, {.infohashes_max = 2000, .peers_per_infohash_max = 500});
  const Time now{seconds(1000)};
  for (uint16_t port = 1; port <= 50; ++port) {
    EXPECT_TRUE(store.Announce(now, Hash(1), Endpoint::V4(0x7f000001, port),
                               static_cast<uint16_t>(10'000 + port)));
  }
  EXPECT_EQ(store.peers(), 50u);
}

TEST(PeerStore, SamplesAreRandomAndFair) {
  PeerStore store(NodeId{}, {.infohashes_max = 10, .peers_per_infohash_max = 500});
  const Time now{seconds(1000)};
  for (uint32_t i = 0; i < 100; ++i) store.Announce(now, Hash(1), Public(i), 7000);
  SeededRandom random(7);
  std::vector<int> seen(100);
  for (int round = 0; round < 1000; ++round) {
    const PeerStore::PeerSample sample = store.Sample(now, Hash(1), random, 10);
    ASSERT_EQ(sample.size(), 10u);
    EXPECT_EQ(std::set<Endpoint>(sample.begin(), sample.end()).size(), 10u);
    for (const Endpoint& peer : sample) ++seen[(peer.v4() - 0x08000001) / 256];
  }
  EXPECT_GT(*std::min_element(seen.begin(), seen.end()), 60);
  EXPECT_LT(*std::max_element(seen.begin(), seen.end()), 140);
}

}  // namespace
}  // namespace starling::dht
