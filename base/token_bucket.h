// A rate limit by reservation (GCRA). Whoever wants to move bytes reserves them and is told from
// when on it may; reservations queue up in order, so competing connections share fairly and none
// waits in a list. Buckets nest: connection within torrent within node; the latest time counts.
//
//   Time start = ReserveAll({&connection_limit, &torrent_limit, &node_limit}, now, 16384);
//   if (start > now) deadline.Set(start); else send();
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "base/time.h"

namespace starling {

class TokenBucket {
 public:
  // `rate` in bytes a second, 0 is unlimited. `burst` is how far an idle bucket saves up.
  explicit TokenBucket(uint64_t rate = 0, Duration burst = milliseconds(100))
      : rate_(rate), burst_(burst) {}

  uint64_t rate() const { return rate_; }
  bool unlimited() const { return rate_ == 0; }
  void SetRate(Time now, uint64_t rate);
  // Takes `bytes` now or later and returns when they may move.
  Time Reserve(Time now, uint64_t bytes);
  // Of those, `bytes` will not move after all; else who reserves and never moves anything could
  // keep all others waiting.
  void GiveBack(uint64_t bytes);

 private:
  uint64_t rate_;
  Duration burst_;
  Time free_from_{};
  uint64_t remainder_ = 0;  // of the division by rate_, so that no fraction is lost
};

inline Time ReserveAll(std::initializer_list<TokenBucket*> buckets, Time now, uint64_t bytes) {
  Time start = now;
  for (TokenBucket* bucket : buckets) {
    if (bucket != nullptr) start = std::max(start, bucket->Reserve(now, bytes));
  }
  return start;
}

inline void GiveBackAll(std::initializer_list<TokenBucket*> buckets, uint64_t bytes) {
  for (TokenBucket* bucket : buckets) {
    if (bucket != nullptr) bucket->GiveBack(bytes);
  }
}

}  // namespace starling
