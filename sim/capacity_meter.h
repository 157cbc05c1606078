// Watches that a link carries no more than its rate. What has passed fills a bucket that empties at
// the rate of the link; the fullest it ever was is what passed beyond the rate, in any time, be it
// one second or a day. Knows nothing of how the link computes its times: that is what it watches.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace starling::sim {

class CapacityMeter {
 public:
  void Restart(uint64_t rate) { *this = CapacityMeter(rate); }
  CapacityMeter() = default;
  explicit CapacityMeter(uint64_t rate) : rate_(rate) {}

  // `bytes` have passed at `when`, which is not before any told earlier.
  void OnPassed(Time when, uint64_t bytes) {
    if (rate_ == 0) return;
    const auto passed = static_cast<uint64_t>((when - last_).count());
    level_ = passed > level_ / rate_ ? 0 : level_ - passed * rate_;
    level_ += bytes * 1'000'000;
    last_ = when;
    fullest_ = std::max(fullest_, level_);
  }
  uint64_t rate() const { return rate_; }
  uint64_t burst() const { return fullest_ / 1'000'000; }  // bytes beyond the rate

 private:
  uint64_t rate_ = 0;
  uint64_t level_ = 0;  // millionths of a byte
  uint64_t fullest_ = 0;
  Time last_{};
};

}  // namespace starling::sim
