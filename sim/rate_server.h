// A link or disk that serves one thing after another at a fixed rate. The remainder of each
// division is carried on, so that no fraction of a microsecond is lost however fast it is.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace starling::sim {

class RateServer {
 public:
  RateServer() = default;
  explicit RateServer(uint64_t rate) : rate_(rate) {}

  uint64_t rate() const { return rate_; }  // bytes a second, 0: no limit
  void SetRate(uint64_t rate) {
    rate_ = rate;
    remainder_ = 0;
  }
  Time free_from() const { return free_from_; }
  // Queues `bytes` behind what is being served; returns when they have passed.
  Time Serve(Time now, uint64_t bytes) {
    if (rate_ == 0) return now;
    if (now > free_from_) {
      free_from_ = now;
      remainder_ = 0;
    }
    const uint64_t total = bytes * 1'000'000 + remainder_;
    free_from_ += Duration(static_cast<int64_t>(total / rate_));
    remainder_ = total % rate_;
    return free_from_;
  }

 private:
  uint64_t rate_ = 0;
  uint64_t remainder_ = 0;  // millionths of a byte, as seen by the division
  Time free_from_{};
};

}  // namespace starling::sim
