#include "peer/rate.h"

#include <algorithm>

namespace starling::peer {

void Rate::Add(Time now, uint64_t bytes) {
  const int64_t bucket = BucketOf(now);
  if (total_ == 0) first_ = now;
  if (bucket > newest_) {
    const int64_t stale = std::min<int64_t>(bucket - newest_, kBuckets);
    for (int64_t i = 0; i < stale; ++i) buckets_[static_cast<size_t>(bucket - i) % kBuckets] = 0;
    newest_ = bucket;
  }
  uint32_t& now_filled = buckets_[static_cast<size_t>(newest_) % kBuckets];
  now_filled = static_cast<uint32_t>(std::min<uint64_t>(now_filled + bytes, UINT32_MAX));
  total_ += bytes;
}

uint64_t Rate::Sum(int64_t from, int64_t to) const {
  const int64_t oldest = std::max<int64_t>(newest_ - static_cast<int64_t>(kBuckets) + 1, 0);
  uint64_t sum = 0;
  for (int64_t i = std::max(from, oldest); i <= std::min(to, newest_); ++i) {
    sum += buckets_[static_cast<size_t>(i) % kBuckets];
  }
  return sum;
}

uint64_t Rate::LastTwentySeconds(Time now) const {
  const int64_t bucket = BucketOf(now);
  return Sum(bucket - static_cast<int64_t>(kBuckets) + 1, bucket);
}

uint64_t Rate::PerSecond(Time now) const {
  if (total_ == 0) return 0;
  const int64_t bucket = BucketOf(now);
  const Duration inside = now.time_since_epoch() - bucket * kBucket;
  const Duration window =
      std::max<Duration>(milliseconds(500), std::min<Duration>(2 * kBucket + inside, now - first_));
  const uint64_t bytes = Sum(bucket - 2, bucket);
  return bytes / static_cast<uint64_t>(window.count()) * 1'000'000 +
         bytes % static_cast<uint64_t>(window.count()) * 1'000'000 /
             static_cast<uint64_t>(window.count());
}

}  // namespace starling::peer
