// MetadataFetch among peers that lie, stall and flood.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/random.h"
#include "peer/metadata_fetch.h"
#include "storage/metainfo.h"
#include "tests/support/metadata_world.h"

namespace starling::peer {
namespace {

using test::Always;
using test::HashOf;
using test::Honest;
using test::Id;
using test::Kind;
using test::Lying;
using test::MetadataWorld;
using test::PieceOf;
using test::RandomInfo;
using test::Rejecting;
using test::Silent;
using test::SizeOf;

TEST(MetadataLiars, NamesAPeerThatAloneGaveAFalseDictionary) {
  const std::string info = RandomInfo(100);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Lying(info, Always));
  EXPECT_FALSE(world.Run());
  EXPECT_EQ(world.liars, std::vector<uint64_t>{1});
  EXPECT_EQ(world.fetch.failures(), 1u);
}

TEST(MetadataLiars, AsksALiarNoMore) {
  const std::string info = RandomInfo(100);
  MetadataWorld world(HashOf(info));
  world.bans = false;
  world.Join(1, SizeOf(info), Lying(info, Always));
  world.Run();
  world.fetch.AddSource(world.now, Id(1), SizeOf(info) + 1);
  EXPECT_FALSE(world.Run());
  EXPECT_EQ(world.asked[1].size(), 1u);
}

TEST(MetadataLiars, FindsTheLiarAmongManyAndBlamesNobodyElse) {
  const std::string info = RandomInfo(kMetadataPieceSize * 20);
  MetadataWorld world(HashOf(info));
  for (uint64_t id = 1; id <= 5; ++id) {
    world.Join(id, SizeOf(info), id == 3 ? Lying(info, Always) : Honest(info),
               milliseconds(id == 3 ? 10 : 50));
  }
  ASSERT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.info(), info);
  EXPECT_EQ(world.fetch.failures() >= 1, true);
  for (const uint64_t liar : world.liars) EXPECT_EQ(liar, 3u);
}

TEST(MetadataLiars, HearsOneHonestPeerAmongManyLiars) {
  const std::string info = RandomInfo(kMetadataPieceSize * 8);
  MetadataWorld world(HashOf(info));
  for (uint64_t id = 1; id <= 30; ++id) {
    world.Join(id, SizeOf(info), id == 17 ? Honest(info) : Lying(info, Always), milliseconds(20));
  }
  ASSERT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.info(), info);
  for (const uint64_t liar : world.liars) EXPECT_NE(liar, 17u);
}

TEST(MetadataLiars, IsNotMisledByLiarsThatSpoilOnePieceAndComeBack) {
  const std::string info = RandomInfo(kMetadataPieceSize * 8);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Honest(info), milliseconds(100));
  uint64_t next = 2;
  bool done = false;
  for (int round = 0; round < 50 && !done; ++round) {
    world.Join(next++, SizeOf(info), Lying(info, [](uint32_t piece) { return piece % 2 == 0; }),
               milliseconds(30));
    done = world.Run(milliseconds(200));
  }
  EXPECT_TRUE(done);
}

TEST(MetadataLiars, LetsPeersThatNameOtherSizesTryBesideEachOther) {
  const std::string info = RandomInfo(kMetadataPieceSize * 3);
  MetadataWorld world(HashOf(info));
  const std::string larger = RandomInfo(kMetadataPieceSize * 50, 2);
  const std::string smaller = RandomInfo(700, 3);
  world.Join(1, SizeOf(larger), Honest(larger));
  world.Join(2, SizeOf(larger), Honest(larger));
  world.Join(3, SizeOf(smaller), Honest(smaller));
  world.Join(4, SizeOf(info), Honest(info));
  const Time start = world.now;
  ASSERT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.info(), info);
  EXPECT_LT(world.now - start, seconds(1));
  EXPECT_EQ(world.liars, std::vector<uint64_t>{3});
}

TEST(MetadataLiars, NeverHoldsMoreThanTheLargestDictionary) {
  const std::string info = RandomInfo(kMetadataPieceSize * 30);
  MetadataWorld world(HashOf(info));
  // Six whose dictionaries are 10 MiB each, given slowly: only three can be worked on at a time.
  for (uint64_t id = 1; id <= 6; ++id) {
    const uint32_t size = (10 << 20) + static_cast<uint32_t>(id);
    world.Join(
        id, size,
        [size](uint32_t piece) {
          const uint32_t rest = size - piece * kMetadataPieceSize;
          return std::vector<MetadataWorld::Answer>{
              {Kind::kData, piece, size, std::string(std::min(rest, kMetadataPieceSize), 'x')}};
        },
        seconds(1));
  }
  world.Join(7, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run(minutes(30)));
  EXPECT_LE(world.held_max, storage::kInfoSizeMax);
  EXPECT_GT(world.held_max, size_t{10} << 20);
}

TEST(MetadataLiars, GivesAStalledAttemptsPlaceToOneThatWaits) {
  const std::string info = RandomInfo(kMetadataPieceSize * 3);
  MetadataWorld world(HashOf(info));
  const Time start = world.now;
  world.Join(1, storage::kInfoSizeMax, Silent());
  world.Join(2, SizeOf(info), Honest(info));
  world.Run(seconds(1));
  EXPECT_TRUE(world.asked[2].empty());
  ASSERT_TRUE(world.Run());
  EXPECT_LT(world.now - start, seconds(20));
}

TEST(MetadataLiars, LetsALargeAttemptHaveItsTurnAmongManySmallOnes) {
  const std::string info = RandomInfo(storage::kInfoSizeMax - 100);
  MetadataWorld world(HashOf(info));
  for (uint64_t id = 1; id <= 40; ++id) {
    world.Join(id, static_cast<uint32_t>(200'000 + id), Silent());
  }
  world.Join(41, SizeOf(info), Honest(info), milliseconds(1));
  for (uint64_t id = 42; id <= 60; ++id) {
    world.Join(id, static_cast<uint32_t>(200'000 + id), Silent());
  }
  EXPECT_TRUE(world.Run(minutes(5)));
}

TEST(MetadataLiars, EndsAnAttemptThatTricklesWhileOthersWait) {
  const std::string info = RandomInfo(kMetadataPieceSize * 3);
  MetadataWorld world(HashOf(info));
  const Time start = world.now;
  const std::string large = RandomInfo(storage::kInfoSizeMax, 2);
  world.Join(1, SizeOf(large), Honest(large), seconds(9));
  world.Join(2, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run(hours(1)));
  EXPECT_LT(world.now - start, seconds(1100));
}

TEST(MetadataLiars, RefusesPiecesOfTheWrongSize) {
  const std::string info = RandomInfo(kMetadataPieceSize * 2 + 100);
  for (const bool longer : {false, true}) {
    MetadataWorld world(HashOf(info));
    world.Join(1, SizeOf(info), [&](uint32_t piece) {
      std::string bytes = PieceOf(info, piece);
      longer ? bytes.append("x") : bytes.erase(0, 1);
      return std::vector<MetadataWorld::Answer>{{Kind::kData, piece, SizeOf(info), bytes}};
    });
    EXPECT_FALSE(world.Run());
    EXPECT_EQ(world.liars, std::vector<uint64_t>{1});
    EXPECT_EQ(world.held_max, 0u);
  }
}

TEST(MetadataLiars, RefusesDataThatContradictsTheSizeItsPeerNamed) {
  const std::string info = RandomInfo(300);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), [&](uint32_t piece) {
    return std::vector<MetadataWorld::Answer>{{Kind::kData, piece, 301, PieceOf(info, piece)}};
  });
  EXPECT_FALSE(world.Run());
  EXPECT_EQ(world.liars, std::vector<uint64_t>{1});
}

TEST(MetadataLiars, DropsDataThatNobodyAskedForAndEndsAFlood) {
  const std::string info = RandomInfo(kMetadataPieceSize * 4);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), [&](uint32_t) {
    std::vector<MetadataWorld::Answer> flood;
    for (uint32_t i = 0; i < 100; ++i) {
      flood.push_back({Kind::kData, 100 + i, SizeOf(info), std::string(kMetadataPieceSize, 'f')});
    }
    return flood;
  });
  EXPECT_FALSE(world.Run());
  EXPECT_EQ(world.liars, std::vector<uint64_t>{1});
  EXPECT_EQ(world.fetch.unasked(), MetadataFetch::kUnaskedMax + 1);
  EXPECT_EQ(world.held_max, 0u);
}

// Random peers of all kinds come, go, lie, stall and change their minds. Whatever they do, memory
// stays bounded, no honest peer is called a liar, and once one stays the dictionary is had.
TEST(MetadataLiars, SurvivesRandomCrowds) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SeededRandom random(seed);
    const std::string info = RandomInfo(1 + random.Below(kMetadataPieceSize * 12), seed);
    MetadataWorld world(HashOf(info));
    std::vector<bool> honest(200, false);
    const auto join = [&](uint64_t id) {
      const uint64_t kind = random.Below(6);
      const bool other_size = random.Below(4) == 0;
      const auto size = static_cast<uint32_t>(other_size ? 1 + random.Below(400'000) : info.size());
      const uint64_t spoiled = random.Below(12);
      const auto delay = milliseconds(1 + static_cast<int64_t>(random.Below(3000)));
      if (kind == 0) {
        honest[id] = true;
        world.Join(id, SizeOf(info), Honest(info), delay);
      } else if (kind == 1) {
        world.Join(id, size, Silent(), delay);
      } else if (kind == 2) {
        world.Join(id, size, Rejecting(), delay);
      } else if (kind == 3) {
        world.Join(id, SizeOf(info), Lying(info, Always), delay);
      } else if (kind == 4) {
        world.Join(id, SizeOf(info), Lying(info, [=](uint32_t p) { return p == spoiled; }), delay);
      } else {
        const std::string other = RandomInfo(size, seed + 1000);
        world.Join(id, size, Honest(other), delay);
      }
    };
    uint64_t next = 1;
    bool done = false;
    for (int step = 0; step < 60 && !done; ++step) {
      if (next < 100) join(next++);
      if (random.Below(3) == 0) world.Leave(1 + random.Below(next));
      done = world.Run(milliseconds(static_cast<int64_t>(random.Below(4000))));
      ASSERT_LE(world.fetch.bytes_held(), storage::kInfoSizeMax);
    }
    world.Join(150, SizeOf(info), Honest(info));
    honest[150] = true;
    ASSERT_TRUE(done || world.Run(minutes(10))) << "seed " << seed;
    EXPECT_EQ(world.fetch.info(), info);
    for (const uint64_t liar : world.liars) EXPECT_FALSE(honest[liar]) << "seed " << seed;
  }
}

// Any calls in any order, as a connection full of hostile peers could cause them.
TEST(MetadataLiars, SurvivesCallsInAnyOrder) {
  const std::string info = RandomInfo(kMetadataPieceSize * 3);
  const uint32_t sizes[] = {100, 40'000, SizeOf(info), 12 << 20, 20 << 20, storage::kInfoSizeMax};
  const std::string bytes(kMetadataPieceSize, 'b');
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SeededRandom random(seed);
    MetadataFetch fetch(HashOf(info));
    Time now = Time(hours(1));
    std::vector<MetadataFetch::Ask> asks;
    for (int step = 0; step < 2000 && !fetch.done(); ++step) {
      const ConnectionId peer = Id(1 + random.Below(40));
      const auto piece = static_cast<uint32_t>(random.Below(4));
      switch (random.Below(8)) {
        case 0:
          fetch.AddSource(now, peer, sizes[random.Below(std::size(sizes))]);
          break;
        case 1:
          if (random.Below(4) == 0) fetch.RemoveSource(now, peer);
          break;
        case 2:
          fetch.OnReject(now, peer, piece);
          break;
        case 3:
          fetch.OnData(now, peer,
                       {Kind::kData, piece, std::nullopt,
                        AsBytes(bytes).first(random.Below(bytes.size() + 1))});
          break;
        case 4:
          if (random.Below(2) == 0) now += milliseconds(static_cast<int64_t>(random.Below(4000)));
          if (now >= fetch.next_deadline()) fetch.OnDeadline(now);
          break;
        case 5:
          while (const auto ask = fetch.NextRequest(now)) asks.push_back(*ask);
          break;
        default:
          if (asks.empty()) break;
          const MetadataFetch::Ask ask = asks[random.Below(asks.size())];
          // Of the right size for most who were asked, and false for all but some.
          const bool honest = random.Below(3) == 0;
          const std::string right = PieceOf(info, ask.piece % 3);
          fetch.OnData(now, ask.peer,
                       {Kind::kData, ask.piece, std::nullopt, AsBytes(honest ? right : bytes)});
      }
      ASSERT_LE(fetch.bytes_held(), storage::kInfoSizeMax);
      ASSERT_TRUE(fetch.sources() > 0 || fetch.bytes_held() == 0);
    }
    for (uint64_t id = 1; id <= 40; ++id) fetch.RemoveSource(now, Id(id));
    EXPECT_EQ(fetch.bytes_held(), 0u);
    EXPECT_EQ(fetch.sources(), 0u);
  }
}

}  // namespace
}  // namespace starling::peer
