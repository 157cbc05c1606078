// The two queues of a connection: what we asked for (SentRequests, Downloads) and what the peer
// asked for (UploadQueue); the pieces that a choked peer may have; and rates.
#include <gtest/gtest.h>

#include "peer/allowed_fast.h"
#include "peer/downloads.h"
#include "peer/rate.h"
#include "peer/sent_requests.h"
#include "peer/upload_queue.h"

namespace starling::peer {
namespace {

using storage::BlockRequest;

const Time kStart = Time(hours(1));

BlockRequest BlockOf(uint32_t piece) { return {PieceIndex(piece), 0, storage::kBlockSize}; }

TEST(SentRequests, AreRemovedInAnyOrder) {
  SentRequests sent;
  for (uint32_t i = 0; i < 300; ++i) sent.Add(kStart + seconds(i), BlockOf(i));
  for (uint32_t i = 0; i < 300; i += 2) EXPECT_TRUE(sent.Remove(BlockOf(i)).has_value());
  EXPECT_EQ(sent.active(), 150u);
  EXPECT_EQ(sent.oldest(), kStart + seconds(1));
  for (uint32_t i = 1; i < 300; i += 2) {
    EXPECT_EQ(sent.Remove(BlockOf(i))->sent, kStart + seconds(i));
  }
  EXPECT_EQ(sent.size(), 0u);
  EXPECT_FALSE(sent.Remove(BlockOf(1)).has_value());
}

TEST(SentRequests, ThatWereTakenBackAreStillExpected) {
  SentRequests sent;
  for (uint32_t i = 0; i < 3; ++i) sent.Add(kStart, BlockOf(i));
  std::vector<BlockRequest> taken;
  sent.TakeBack([](const BlockRequest& block) { return block.piece != PieceIndex(1); }, &taken);
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_EQ(sent.active(), 1u);
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_TRUE(sent.Remove(BlockOf(0))->taken_back);
  sent.Clear(&taken);
  EXPECT_EQ(taken.size(), 3u);
}

TEST(SentRequests, ThatAreTooOldAreLostExceptTheArriving) {
  SentRequests sent;
  for (uint32_t i = 0; i < 4; ++i) sent.Add(kStart + seconds(i), BlockOf(i));
  std::vector<BlockRequest> lost;
  sent.DropSentBefore(kStart + seconds(2), BlockOf(0), &lost);
  EXPECT_EQ(lost, (std::vector<BlockRequest>{BlockOf(1)}));
  EXPECT_EQ(sent.active(), 3u);
}

TEST(Downloads, AreSnubbedAfterAMinuteOfSilence) {
  Downloads downloads;
  downloads.OnSent(kStart, BlockOf(0));
  downloads.OnSent(kStart, BlockOf(1));
  EXPECT_EQ(downloads.next_deadline(), kStart + seconds(60));
  std::vector<BlockRequest> lost;
  EXPECT_FALSE(downloads.OnTime(kStart + seconds(59), std::nullopt, &lost));
  EXPECT_TRUE(lost.empty());
  EXPECT_TRUE(downloads.OnTime(kStart + seconds(60), std::nullopt, &lost));
  EXPECT_EQ(lost.size(), 2u);
  EXPECT_TRUE(downloads.snubbed());
  EXPECT_TRUE(downloads.OnBlock(kStart + seconds(61), BlockOf(0)).has_value());
  EXPECT_FALSE(downloads.snubbed());
}

TEST(Downloads, GiveUpASingleRequestThatOthersOvertook) {
  Downloads downloads;
  downloads.OnSent(kStart, BlockOf(0));
  downloads.OnSent(kStart + seconds(69), BlockOf(99));
  for (uint32_t i = 1; i < 70; ++i) {
    downloads.OnSent(kStart + seconds(i), BlockOf(i));
    downloads.OnBlock(kStart + seconds(i), BlockOf(i));
  }
  std::vector<BlockRequest> lost;
  EXPECT_FALSE(downloads.OnTime(kStart + seconds(70), std::nullopt, &lost));
  EXPECT_EQ(lost, (std::vector<BlockRequest>{BlockOf(0)}));
}

TEST(Downloads, AreInNoHurryWithAQueueThatIsOnlySlow) {
  Downloads downloads;
  for (uint32_t i = 0; i < 4; ++i) downloads.OnSent(kStart, BlockOf(i));
  std::vector<BlockRequest> lost;
  for (uint32_t i = 0; i < 4; ++i) {
    const Time now = kStart + seconds(50 * (i + 1));
    EXPECT_FALSE(downloads.OnTime(now, std::nullopt, &lost));
    EXPECT_TRUE(downloads.OnBlock(now, BlockOf(i)).has_value()) << i;
  }
  EXPECT_TRUE(lost.empty());
}

TEST(Downloads, AreSnubbedByATrickle) {
  Downloads downloads;
  downloads.OnSent(kStart, BlockOf(0));
  std::vector<BlockRequest> lost;
  for (int i = 1; i < 6; ++i) {
    downloads.OnProgress(kStart + seconds(30 * i));
    EXPECT_FALSE(downloads.OnTime(kStart + seconds(30 * i), BlockOf(0), &lost));
  }
  EXPECT_TRUE(downloads.OnTime(kStart + seconds(180), BlockOf(0), &lost));
  EXPECT_TRUE(downloads.snubbed());
}

TEST(Downloads, TakeNoUnaskedBlockForProgress) {
  Downloads downloads;
  downloads.OnSent(kStart, BlockOf(0));
  std::vector<BlockRequest> lost;
  EXPECT_FALSE(downloads.OnBlock(kStart + seconds(50), BlockOf(7)).has_value());
  EXPECT_FALSE(downloads.OnBlock(kStart + seconds(59), {PieceIndex(7), 0, 0}).has_value());
  EXPECT_TRUE(downloads.OnTime(kStart + seconds(60), std::nullopt, &lost));
  EXPECT_EQ(lost.size(), 1u);
}

TEST(Downloads, DoNotBlameThePeerForATimeInWhichWeDidNotListen) {
  Downloads downloads;
  downloads.OnSent(kStart, BlockOf(0));
  downloads.OnResume(kStart + hours(1));
  std::vector<BlockRequest> lost;
  EXPECT_FALSE(downloads.OnTime(kStart + hours(1) + seconds(1), std::nullopt, &lost));
  EXPECT_TRUE(lost.empty());
  EXPECT_TRUE(downloads.OnBlock(kStart + hours(1) + seconds(2), BlockOf(0)).has_value());
}

TEST(Downloads, DoNotRestBecauseAChokeRejectsAllRequests) {
  Downloads downloads;
  for (uint32_t i = 0; i < 100; ++i) downloads.OnSent(kStart, BlockOf(i));
  std::vector<BlockRequest> lost;
  downloads.sent().TakeBack([](const BlockRequest&) { return true; }, &lost);
  for (uint32_t i = 0; i < 100; ++i) EXPECT_FALSE(downloads.OnReject(kStart, BlockOf(i)));
  EXPECT_GT(downloads.room(kStart), 0u);
}

TEST(Downloads, RestAfterManyRejectsInARow) {
  Downloads downloads;
  for (uint32_t i = 0; i < Downloads::kRejectsMax; ++i) {
    EXPECT_GT(downloads.room(kStart), 0u);
    downloads.OnSent(kStart, BlockOf(i));
    EXPECT_TRUE(downloads.OnReject(kStart, BlockOf(i)));
  }
  EXPECT_EQ(downloads.room(kStart), 0u);
  EXPECT_EQ(downloads.next_deadline(), kStart + Downloads::kRejectPause);
  EXPECT_GT(downloads.room(kStart + Downloads::kRejectPause), 0u);
}

TEST(UploadQueue, AnswersInOrderAndForgetsWhatIsCancelled) {
  UploadQueue queue;
  for (uint32_t i = 0; i < 200; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), true));
  EXPECT_TRUE(queue.Cancel(BlockOf(1)));
  EXPECT_FALSE(queue.Cancel(BlockOf(1)));
  EXPECT_EQ(queue.TakeNext(), BlockOf(0));
  for (uint32_t i = 2; i < 200; ++i) EXPECT_EQ(queue.TakeNext(), BlockOf(i));
  EXPECT_TRUE(queue.empty());
}

TEST(UploadQueue, DropsTheReadOfACancelledRequest) {
  UploadQueue queue;
  const uint32_t first = queue.BeginRead(BlockOf(0));
  const uint32_t second = queue.BeginRead(BlockOf(1));
  EXPECT_TRUE(queue.Cancel(BlockOf(0)));
  EXPECT_EQ(queue.bytes_reading(), 2u * storage::kBlockSize);
  EXPECT_EQ(queue.FinishRead(first), std::nullopt);
  EXPECT_EQ(queue.FinishRead(second), BlockOf(1));
  EXPECT_EQ(queue.FinishRead(second), std::nullopt);
  EXPECT_EQ(queue.bytes_reading(), 0u);
}

TEST(UploadQueue, FindsWhatIsCancelledAmongThousandsWithoutASearch) {
  UploadQueue queue;
  // Each request is cancelled and made again, the newest first: the worst order for a search.
  constexpr uint32_t kRequests = 16'000;
  for (uint32_t i = 0; i < kRequests; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), false));
  for (uint32_t i = kRequests; i-- > 0;) EXPECT_TRUE(queue.Cancel(BlockOf(i))) << i;
  EXPECT_TRUE(queue.empty());
  for (uint32_t i = 0; i < kRequests; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), false));
  for (uint32_t i = 0; i < kRequests; i += 2) EXPECT_TRUE(queue.Cancel(BlockOf(i)));
  for (uint32_t i = 0; i < kRequests; i += 2) EXPECT_FALSE(queue.Cancel(BlockOf(i)));
  EXPECT_EQ(queue.size(), kRequests / 2);
  for (uint32_t i = 1; i < kRequests; i += 2) EXPECT_EQ(queue.TakeNext(), BlockOf(i));
  EXPECT_TRUE(queue.empty());
}

TEST(UploadQueue, KeepsFewOfThoseThatAreCancelledBehindOneThatWaits) {
  UploadQueue queue;
  // A peer that reads slowly and asks and cancels without end: the first request stays.
  for (const uint32_t waiting : {1u, 500u}) {
    for (uint32_t i = queue.size(); i < waiting; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), true));
    for (uint32_t i = 0; i < 20'000; ++i) {
      ASSERT_TRUE(queue.Add(BlockOf(waiting + i), true));
      ASSERT_TRUE(queue.Cancel(BlockOf(waiting + i)));
      ASSERT_LE(queue.entries(), 2 * queue.size() + UploadQueue::kDeadMax);
    }
    EXPECT_EQ(queue.size(), waiting);
  }
  for (uint32_t i = 0; i < 500; ++i) EXPECT_EQ(queue.TakeNext(), BlockOf(i));
  EXPECT_TRUE(queue.empty());
}

TEST(UploadQueue, CancelsTheOlderOfTwoEqualRequests) {
  UploadQueue queue;
  for (uint32_t i = 0; i < 100; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), true));
  EXPECT_TRUE(queue.Add(BlockOf(0), true));
  EXPECT_TRUE(queue.Cancel(BlockOf(0)));
  EXPECT_EQ(queue.TakeNext(), BlockOf(1));
  EXPECT_EQ(queue.size(), 99u);
}

TEST(UploadQueue, ChoosesWhatToDropAmongThoseThatWereNotCancelled) {
  UploadQueue queue;
  for (uint32_t i = 0; i < 100; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), true));
  EXPECT_TRUE(queue.Cancel(BlockOf(40)));
  std::vector<BlockRequest> dropped;
  queue.Drop([](const BlockRequest& request) { return request >= BlockOf(10); }, &dropped);
  EXPECT_EQ(dropped.size(), 89u);
  EXPECT_EQ(queue.size(), 10u);
  EXPECT_TRUE(queue.Cancel(BlockOf(9)));
  for (uint32_t i = 0; i < 9; ++i) EXPECT_EQ(queue.TakeNext(), BlockOf(i));
  EXPECT_TRUE(queue.empty());
}

TEST(UploadQueue, IsBounded) {
  UploadQueue queue;
  for (uint32_t i = 0; i < kRequestQueueMax; ++i) EXPECT_TRUE(queue.Add(BlockOf(i), true));
  EXPECT_FALSE(queue.Add(BlockOf(0), true));
  EXPECT_TRUE(queue.Add(BlockOf(0), /*can_reject=*/false));
}

TEST(AllowedFast, IsTheSetOfBep6) {
  InfoHash hash;
  hash.bytes.fill(std::byte{0xaa});
  const Endpoint address = Endpoint::V4(0x500404c8, 1);  // 80.4.4.200
  const std::vector<uint32_t> expected = {1059, 431, 808, 1217, 287, 376, 1188, 353, 508};
  for (const size_t size : {size_t{7}, size_t{9}}) {
    const std::vector<PieceIndex> set =
        AllowedFastSet(hash, address, 1313, static_cast<uint32_t>(size));
    ASSERT_EQ(set.size(), size);
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(set[i].value(), expected[i]);
  }
}

TEST(AllowedFast, IsNeverLargerThanTheTorrent) {
  EXPECT_EQ(AllowedFastSet(InfoHash{}, Endpoint::V4(1, 1), 3, 10).size(), 3u);
  EXPECT_TRUE(AllowedFastSet(InfoHash{}, Endpoint::V4(1, 1), 0, 10).empty());
}

TEST(Rate, CountsTheLastTwentySeconds) {
  Rate rate;
  EXPECT_EQ(rate.LastTwentySeconds(kStart), 0u);
  for (int i = 0; i < 60; ++i) rate.Add(kStart + seconds(i), 1'000);
  EXPECT_NEAR(static_cast<double>(rate.LastTwentySeconds(kStart + seconds(59))), 20'000, 2'000);
  EXPECT_NEAR(static_cast<double>(rate.PerSecond(kStart + seconds(60))), 1'000, 250);
  EXPECT_EQ(rate.LastTwentySeconds(kStart + seconds(100)), 0u);
  EXPECT_EQ(rate.PerSecond(kStart + seconds(100)), 0u);
  EXPECT_EQ(rate.total(), 60'000u);
}

TEST(Rate, IsKnownAtOnce) {
  Rate rate;
  rate.Add(kStart, 1'000'000);
  EXPECT_EQ(rate.PerSecond(kStart + milliseconds(100)), 2'000'000u);
}

}  // namespace
}  // namespace starling::peer
