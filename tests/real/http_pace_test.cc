// How slow an HTTP server may be, in hours that take no time.
#include <gtest/gtest.h>

#include "node/asio_http_pace.h"

namespace starling {
namespace {

constexpr Duration kTimeout = seconds(15);
constexpr Time kStart{};

// Brings `size` bytes every `interval` and returns how long that is tolerated, up to `limit`.
Duration Endures(uint64_t size, Duration interval, Duration limit) {
  HttpPace pace(kStart, kTimeout);
  Time now = kStart;
  while (now - kStart < limit) {
    now += interval;
    if (pace.deadline() <= now) return pace.deadline() - kStart;
    pace.OnBody(now, size);
  }
  return limit;
}

TEST(HttpPace, EndsAPhaseWithoutProgress) {
  HttpPace pace(kStart, kTimeout);
  EXPECT_EQ(pace.deadline(), kStart + seconds(15));
  pace.OnPhase(kStart + seconds(10));
  EXPECT_EQ(pace.deadline(), kStart + seconds(25));
  pace.OnBody(kStart + seconds(12), HttpPace::kProgressSize - 1);
  EXPECT_EQ(pace.deadline(), kStart + seconds(25));
  pace.OnBody(kStart + seconds(13), 1);
  EXPECT_EQ(pace.deadline(), kStart + seconds(28));
}

TEST(HttpPace, DoesNotTakeDropsForProgress) {
  EXPECT_EQ(Endures(1, seconds(1), hours(1)), seconds(15));
}

TEST(HttpPace, EndsWhatIsTooSlowAsAWhole) {
  // 1 KiB every 10 s is progress each time, but a tenth of the least rate.
  const Duration endured = Endures(1024, seconds(10), hours(1));
  EXPECT_GT(endured, seconds(60));
  EXPECT_LT(endured, seconds(75));
}

TEST(HttpPace, EnduresASteadyServerForEver) {
  EXPECT_EQ(Endures(4096, seconds(1), hours(24)), hours(24));
}

TEST(HttpPace, LimitsWhatAFastStartEarns) {
  HttpPace pace(kStart, hours(1));
  pace.OnBody(kStart, uint64_t{1} << 40);
  EXPECT_LE(pace.deadline(), kStart + minutes(15));
}

TEST(HttpPace, StandsStillWhileTheReaderPauses) {
  HttpPace pace(kStart, kTimeout);
  pace.Pause(kStart + seconds(5));
  pace.Pause(kStart + seconds(6));
  EXPECT_EQ(pace.deadline(), kNever);
  pace.Resume(kStart + hours(5));
  EXPECT_EQ(pace.deadline(), kStart + hours(5) + seconds(10));
}

}  // namespace
}  // namespace starling
