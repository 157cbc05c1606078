#include "peer/metadata_fetch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/random.h"
#include "storage/metainfo.h"
#include "tests/support/metadata_world.h"

namespace starling::peer {
namespace {

using test::HashOf;
using test::Honest;
using test::Id;
using test::Kind;
using test::MetadataWorld;
using test::PieceOf;
using test::RandomInfo;
using test::Rejecting;
using test::Silent;
using test::SizeOf;

TEST(MetadataFetch, GetsASmallDictionaryFromOnePeer) {
  const std::string info = RandomInfo(300);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.info(), info);
  EXPECT_EQ(world.asked[1], std::vector<uint32_t>{0});
  EXPECT_EQ(world.fetch.next_deadline(), kNever);
  EXPECT_EQ(world.fetch.bytes_held(), 0u);
}

TEST(MetadataFetch, KnowsVersionTwoByItsTruncatedHash) {
  const std::string info = RandomInfo(30'000);
  MetadataWorld world(InfoHash::FromBytes(Sha256(AsBytes(info)).view()));
  world.Join(1, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.TakeInfo(), info);
}

TEST(MetadataFetch, HandlesEachSizeAroundAPiece) {
  for (const size_t size : {1u, 16383u, 16384u, 16385u, 32768u, 100'000u}) {
    const std::string info = RandomInfo(size);
    MetadataWorld world(HashOf(info));
    world.Join(1, SizeOf(info), Honest(info));
    ASSERT_TRUE(world.Run()) << size;
    EXPECT_EQ(world.fetch.info(), info);
  }
}

TEST(MetadataFetch, SharesTheWorkAmongItsSourcesAndAsksEachPieceOnce) {
  const std::string info = RandomInfo(kMetadataPieceSize * 40);
  MetadataWorld world(HashOf(info));
  for (uint64_t id = 1; id <= 4; ++id) world.Join(id, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run());
  size_t total = 0;
  for (const auto& [id, pieces] : world.asked) {
    EXPECT_GE(pieces.size(), 5u) << id;
    total += pieces.size();
  }
  EXPECT_EQ(total, 40u);
}

TEST(MetadataFetch, KeepsFewRequestsInFlight) {
  const std::string info = RandomInfo(kMetadataPieceSize * 40);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Silent());
  world.Run(seconds(1));
  EXPECT_EQ(world.asked[1].size(), MetadataFetch::kRequestsPerSource);
}

TEST(MetadataFetch, GoesOnWithoutASilentPeer) {
  const std::string info = RandomInfo(kMetadataPieceSize * 10);
  MetadataWorld world(HashOf(info));
  const Time start = world.now;
  world.Join(1, SizeOf(info), Silent());
  world.Join(2, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run());
  EXPECT_LT(world.now - start, seconds(4));
}

TEST(MetadataFetch, AsksASilentPeerAgainLaterAndLaterButNeverGivesUp) {
  const std::string info = RandomInfo(100);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Silent());
  world.Run(minutes(10));
  EXPECT_GE(world.asked[1].size(), 5u);
  EXPECT_LE(world.asked[1].size(), 20u);
  world.Join(2, SizeOf(info), Honest(info));
  EXPECT_TRUE(world.Run(seconds(5)));
}

TEST(MetadataFetch, TakesDataThatComesAfterItsTimeout) {
  const std::string info = RandomInfo(100);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Honest(info), seconds(15));
  EXPECT_TRUE(world.Run());
  EXPECT_EQ(world.fetch.unasked(), 0u);
}

TEST(MetadataFetch, AsksOthersAtOnceWhenOneRejects) {
  const std::string info = RandomInfo(kMetadataPieceSize * 3);
  MetadataWorld world(HashOf(info));
  const Time start = world.now;
  world.Join(1, SizeOf(info), Rejecting());
  world.Join(2, SizeOf(info), Honest(info));
  ASSERT_TRUE(world.Run());
  EXPECT_LT(world.now - start, seconds(1));
  EXPECT_TRUE(world.liars.empty());
}

TEST(MetadataFetch, WaitsBeforeItAsksAPeerThatRejectsAgain) {
  const std::string info = RandomInfo(100);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Rejecting());
  world.Run(minutes(10));
  EXPECT_LE(world.asked[1].size(), 20u);
}

TEST(MetadataFetch, SurvivesThatItsOnlySourceLeavesHalfway) {
  const std::string info = RandomInfo(kMetadataPieceSize * 40);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Honest(info));
  world.Run(milliseconds(160));
  EXPECT_GT(world.fetch.bytes_held(), 0u);
  world.Leave(1);
  EXPECT_EQ(world.fetch.bytes_held(), 0u);
  world.Run(minutes(1));
  world.Join(2, SizeOf(info), Honest(info));
  EXPECT_TRUE(world.Run());
}

TEST(MetadataFetch, KeepsWhatALeavingPeerGave) {
  const std::string info = RandomInfo(kMetadataPieceSize * 40);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), Honest(info));
  world.Join(2, SizeOf(info), Honest(info));
  world.Run(milliseconds(160));
  const uint64_t held = world.fetch.bytes_held();
  world.Leave(1);
  EXPECT_EQ(world.fetch.bytes_held(), held);
  EXPECT_TRUE(world.Run());
}

TEST(MetadataFetch, TakesDataThatNamesNoTotalSize) {
  const std::string info = RandomInfo(300);
  MetadataWorld world(HashOf(info));
  world.Join(1, SizeOf(info), [&](uint32_t piece) {
    return std::vector<MetadataWorld::Answer>{
        {Kind::kData, piece, std::nullopt, PieceOf(info, piece)}};
  });
  EXPECT_TRUE(world.Run());
}

TEST(MetadataFetch, IgnoresStrangersAndNonsense) {
  const std::string info = RandomInfo(100);
  MetadataFetch fetch(HashOf(info));
  const Time now = Time(hours(1));
  fetch.AddSource(now, Id(1), 0);
  fetch.AddSource(now, Id(1), storage::kInfoSizeMax + 1);
  EXPECT_EQ(fetch.sources(), 0u);
  EXPECT_EQ(fetch.next_deadline(), kNever);
  EXPECT_FALSE(fetch.OnData(now, Id(5), {Kind::kData, 0, std::nullopt, AsBytes(info)}));
  fetch.OnReject(now, Id(5), 0);
  fetch.RemoveSource(now, Id(5));
  fetch.OnDeadline(now);
  fetch.AddSource(now, Id(1), 100);
  fetch.OnReject(now, Id(1), 0);
  fetch.OnReject(now, Id(1), ~0u);
  EXPECT_TRUE(fetch.NextRequest(now).has_value());
}

TEST(MetadataFetch, StartsAnewWithAPeerThatNamesAnotherSize) {
  const std::string info = RandomInfo(kMetadataPieceSize * 2);
  MetadataWorld world(HashOf(info));
  world.Join(1, 500, Silent());
  world.Run(milliseconds(100));
  world.Join(1, SizeOf(info), Honest(info));
  EXPECT_TRUE(world.Run(seconds(1)));
}

TEST(MetadataFetch, LimitsItsSources) {
  MetadataFetch fetch(InfoHash{});
  for (uint64_t id = 1; id <= 1000; ++id) fetch.AddSource(Time{}, Id(id), 100);
  EXPECT_EQ(fetch.sources(), MetadataFetch::kSourcesMax);
}

}  // namespace
}  // namespace starling::peer
