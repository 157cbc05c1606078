// How many bytes moved lately: the last 20 seconds, which chokers compare (a round is 10 s), and a
// figure for people. Ten buckets of two seconds, no allocation, nothing to be done while idle.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace starling::peer {

class Rate {
 public:
  static constexpr Duration kBucket = seconds(2);
  static constexpr size_t kBuckets = 10;

  void Add(Time now, uint64_t bytes);

  // Bytes within the last 20 s, to the grain of a bucket.
  uint64_t LastTwentySeconds(Time now) const;
  // Bytes a second over the last four to six seconds, or since the first byte if that is later.
  uint64_t PerSecond(Time now) const;
  // All bytes ever.
  uint64_t total() const { return total_; }

 private:
  static int64_t BucketOf(Time now) { return now.time_since_epoch() / kBucket; }
  uint64_t Sum(int64_t from, int64_t to) const;

  // 32 bits hold 2 GB/s; faster is written as that.
  std::array<uint32_t, kBuckets> buckets_{};
  int64_t newest_ = -1;  // number of the bucket written last; older than kBuckets before it: gone
  uint64_t total_ = 0;
  Time first_{};
};
static_assert(sizeof(Rate) == 64);

}  // namespace starling::peer
