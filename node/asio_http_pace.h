// How slow an HTTP server may be. Progress is a new phase or kProgressSize bytes of body; without
// it for `timeout` the transfer is over, and so it is when the whole is slower than kRateMin after
// kGrace: a server that sends a byte now and then holds nobody for hours.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace starling {

class HttpPace {
 public:
  static constexpr uint64_t kProgressSize = 1024;
  static constexpr uint64_t kRateMin = 1024;  // bytes a second
  static constexpr Duration kGrace = seconds(60);

  HttpPace(Time now, Duration timeout)
      : timeout_(timeout), phase_end_(After(now, timeout)), whole_end_(now + kGrace) {}

  void OnPhase(Time now) {
    phase_end_ = After(now, timeout_);
    received_ = 0;
  }
  void OnBody(Time now, uint64_t size) {
    received_ += size;
    // Bytes that come fast earn time for slow ones, but not for ever.
    const auto earned = static_cast<int64_t>(size * 1'000'000 / kRateMin);
    whole_end_ = std::min(whole_end_ + microseconds(earned), now + kEarnedMax);
    if (received_ >= kProgressSize) OnPhase(now);
  }
  // While the reader pauses, no time passes.
  void Pause(Time now) {
    if (paused_at_ == kNever) paused_at_ = now;
  }
  void Resume(Time now) {
    if (paused_at_ == kNever) return;
    phase_end_ = After(phase_end_, now - paused_at_);
    whole_end_ = After(whole_end_, now - paused_at_);
    paused_at_ = kNever;
  }
  Time deadline() const { return paused_at_ == kNever ? std::min(phase_end_, whole_end_) : kNever; }

 private:
  static constexpr Duration kEarnedMax = minutes(10);
  Duration timeout_;
  Time phase_end_;
  Time whole_end_;
  Time paused_at_ = kNever;
  uint64_t received_ = 0;  // since the last progress
};

}  // namespace starling
