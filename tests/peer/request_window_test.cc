#include "peer/request_window.h"

#include <gtest/gtest.h>

namespace starling::peer {
namespace {

constexpr uint32_t kBlock = 16 * 1024;
const Time kStart = Time(hours(1));

// Blocks come evenly at `rate` for `length`, each `delay` after its request.
Time Feed(RequestWindow& window, Time from, Duration length, uint64_t rate, Duration delay) {
  const Duration step(static_cast<int64_t>(uint64_t{kBlock} * 1'000'000 / rate));
  Time now = from;
  while (now < from + length) {
    now += step;
    window.OnBlock(now, kBlock, delay);
  }
  return now;
}

TEST(RequestWindow, BeginsWithFour) { EXPECT_EQ(RequestWindow().blocks(), 4u); }

TEST(RequestWindow, CoversTwiceTheRateTimesTheDelay) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  Feed(window, kStart, seconds(10), 1'000'000, milliseconds(200));
  // 2 * 1 MB/s * 0.2 s = 400 kB = 24.4 blocks, and two.
  EXPECT_NEAR(window.blocks(), 27, 1);
}

TEST(RequestWindow, NeverAsksForMoreThanThePeerQueues) {
  RequestWindow window;
  window.SetQueueMax(20);
  window.OnIdleEnds(kStart);
  Feed(window, kStart, seconds(10), 10'000'000, milliseconds(500));
  EXPECT_EQ(window.blocks(), 20u);
  window.SetQueueMax(1);
  EXPECT_EQ(window.blocks(), 1u);
}

TEST(RequestWindow, StaysSmallForASlowPeerWithALongQueue) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  Feed(window, kStart, minutes(3), 10'000, seconds(8));
  EXPECT_LE(window.blocks(), 8u);
}

// Requests wait for two seconds in our own uplink while it is busy; when they began it was not, so
// the lowest delay of the minute says nothing of that.
TEST(RequestWindow, GrowsWhereRequestsWaitToLeave) {
  RequestWindow window;
  Time now = kStart;
  window.OnIdleEnds(now);
  Feed(window, now, seconds(1), 200'000, milliseconds(100));
  now += seconds(1);
  for (int i = 0; i < 10; ++i) {
    now += seconds(2);
    const uint32_t answered = window.blocks();
    for (uint32_t block = 0; block < answered; ++block) {
      now += milliseconds(10);
      window.OnBlock(now, 16384, seconds(2));
    }
  }
  EXPECT_GE(window.blocks(), 20u);
}

TEST(RequestWindow, APauseOfOursIsNoneOfThePeers) {
  for (const bool is_ours : {true, false}) {
    RequestWindow window;
    window.OnIdleEnds(kStart);
    Time now = Feed(window, kStart, seconds(5), 1'000'000, milliseconds(100)) + seconds(2);
    const uint32_t before = window.blocks();
    if (is_ours) window.OnResume(now);
    window.OnBlock(now, kBlock, seconds(2));
    EXPECT_EQ(window.blocks() > 2 * before, !is_ours);
  }
}

TEST(RequestWindow, HasAFloorWhereTheDelayIsBelowATimeSlice) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  Feed(window, kStart, milliseconds(100), 1'000'000'000, microseconds(100));
  EXPECT_EQ(window.blocks(), 250u);  // a peer that says nothing is held to queue so many
  window.SetQueueMax(2000);
  EXPECT_EQ(window.blocks(), RequestWindow::kBlocksFloorMax);
}

// On a loopback the answers to the first four requests come in one burst, before more are asked
// for.
TEST(RequestWindow, GrowsThoughItEmptiesWithEachBurst) {
  RequestWindow window;
  Time now = kStart;
  for (int burst = 0; burst < 1000; ++burst) {
    window.OnIdleEnds(now);
    now += microseconds(100);
    for (int i = 0; i < 4; ++i) window.OnBlock(now, kBlock, microseconds(100));
  }
  EXPECT_EQ(window.blocks(), 250u);
}

TEST(RequestWindow, DoesNotCountATimeInWhichNothingWasAskedFor) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  const Time idle = Feed(window, kStart, seconds(2), 1'000'000, milliseconds(10));
  const uint64_t rate = window.rate();
  window.OnIdleEnds(idle + seconds(30));
  Feed(window, idle + seconds(30), seconds(1), 1'000'000, milliseconds(10));
  EXPECT_NEAR(static_cast<double>(window.rate()), static_cast<double>(rate), 0.05 * 1'000'000);
}

TEST(RequestWindow, ForgetsADelayAfterAMinute) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  const Time now = Feed(window, kStart, seconds(5), 1'000'000, milliseconds(50));
  EXPECT_EQ(window.delay_min(), milliseconds(50));
  Feed(window, now, seconds(59), 1'000'000, milliseconds(300));
  window.OnBlock(now + seconds(80), kBlock, milliseconds(300));
  EXPECT_EQ(window.delay_min(), milliseconds(300));
}

TEST(RequestWindow, DoublesEachRoundTripAtFirst) {
  RequestWindow window;
  const Duration delay = milliseconds(100);
  Time now = kStart;
  uint32_t last = window.blocks();
  window.OnIdleEnds(now);
  for (int round = 0; round < 4; ++round) {
    now += delay;  // a whole window arrives each round trip
    for (uint32_t i = 0; i < last; ++i) window.OnBlock(now, kBlock, delay);
    EXPECT_GE(window.blocks(), last + last / 2) << round;
    last = window.blocks();
  }
}

TEST(RequestWindow, FallsSlowlyWhenThePeerBecomesSlow) {
  RequestWindow window;
  window.OnIdleEnds(kStart);
  Time now = Feed(window, kStart, seconds(5), 4'000'000, milliseconds(100));
  const uint32_t fast = window.blocks();
  now = Feed(window, now, milliseconds(200), 400'000, milliseconds(100));
  EXPECT_GT(window.blocks(), fast / 3);
  Feed(window, now, seconds(10), 400'000, milliseconds(100));
  EXPECT_LE(window.blocks(), 8u);
}

}  // namespace
}  // namespace starling::peer
