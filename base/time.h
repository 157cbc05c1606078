// Time without a clock. Protocol code is told the time with each event; `Clock` has no `now()`, so
// asking for it does not compile. The real world maps std::chrono::steady_clock onto it, the
// simulator its own event time.
#pragma once

#include <chrono>
#include <cstdint>

namespace starling {

struct Clock {
  using rep = int64_t;
  using period = std::micro;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using Time = Clock::time_point;

inline constexpr Time kNever = Time::max();

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// `from + length`, but kNever stays kNever and nothing overflows.
constexpr Time After(Time from, Duration length) {
  return from > kNever - length ? kNever : from + length;
}

constexpr double ToSeconds(Duration length) { return static_cast<double>(length.count()) / 1e6; }

}  // namespace starling
