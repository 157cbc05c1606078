// When the rounds of a choker begin. They lie on a grid from the first call on, so that neither a
// caller who is a little early or late nor the many decisions between rounds make them drift.
#pragma once

#include "base/time.h"

namespace starling::peer {

class ChokerRounds {
 public:
  static constexpr Duration kLength = seconds(10);  // BEP 3; unless said

  explicit ChokerRounds(Duration length = kLength) : length_(length), next_(slack()) {}

  // Does a round begin now?
  bool Begin(Time now) {
    if (now < next_ - slack()) return false;
    ++number_;
    const bool on_time = number_ > 1 && now < next_ + length_;
    next_ = (on_time ? next_ : now) + length_;
    return true;
  }
  uint32_t number() const { return number_; }  // of the round that runs; the first is 1
  Duration length() const { return length_; }

 private:
  // Whoever calls every period() must not miss a round by a microsecond.
  Duration slack() const { return length_ / 100; }

  const Duration length_;
  Time next_;
  uint32_t number_ = 0;
};

}  // namespace starling::peer
