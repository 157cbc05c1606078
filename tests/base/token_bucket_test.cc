#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

const Time kStart = Time(hours(1));

TEST(TokenBucketChange, KeepsWhatWasPromisedInBytes) {
  TokenBucket bucket(1000, Duration(0));
  bucket.Reserve(kStart, 4000);  // owed until 4 s from now
  bucket.SetRate(kStart, 2000);
  EXPECT_EQ(bucket.Reserve(kStart, 1), kStart + seconds(2));
}

TEST(TokenBucketChange, HoldsTheRateHoweverOftenItChanges) {
  TokenBucket bucket(15'000);
  uint64_t sent = 0;
  Time now = kStart;
  const Time end = kStart + seconds(1000);
  uint64_t rate = 15'000;
  Time next_change = kStart + seconds(10);
  while (now < end) {
    const Time start = bucket.Reserve(now, 16'384);
    while (next_change <= start) {
      rate = rate == 15'000 ? 15'001 : 15'000;
      bucket.SetRate(next_change, rate);
      next_change += seconds(10);
    }
    now = start;
    sent += 16'384;
  }
  EXPECT_NEAR(static_cast<double>(sent), 15'000'000, 15'000'000 * 0.01);
}

TEST(TokenBucketChange, ForgetsDebtsThatWouldLastForHours) {
  TokenBucket bucket(1'000'000'000);
  bucket.Reserve(kStart, 1'000'000'000);
  bucket.SetRate(kStart, 1000);
  EXPECT_LE(bucket.Reserve(kStart, 1), kStart + seconds(20));
}

TEST(TokenBucketChange, OwesNothingWithoutALimit) {
  TokenBucket bucket(1000);
  bucket.Reserve(kStart, 100'000);
  bucket.SetRate(kStart, 0);
  EXPECT_EQ(bucket.Reserve(kStart, 100'000), kStart);
  bucket.SetRate(kStart, 1000);
  EXPECT_EQ(bucket.Reserve(kStart, 1), kStart);
}

}  // namespace
}  // namespace starling
