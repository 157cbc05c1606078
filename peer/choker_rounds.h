// When the rounds of a choker begin. They lie on a grid from the first call on, so that neither a
// caller who is a little early or late nor the many decisions between rounds make them drift.
#pragma once

#include "base/time.h"

namespace starling::peer {

class ChokerRounds {
 public:
  static constexpr Duration kLength = seconds(10);
  // Whoever calls every period() must not miss a round by a microsecond.
  static constexpr Duration kSlack = milliseconds(100);

  // Does a round begin now?
  bool Begin(Time now) {
    if (now < next_ - kSlack) return false;
    ++number_;
    const bool on_time = number_ > 1 && now < next_ + kLength;
    next_ = (on_time ? next_ : now) + kLength;
    return true;
  }
  uint32_t number() const { return number_; }  // of the round that runs; the first is 1

 private:
  Time next_{kSlack};
  uint32_t number_ = 0;
};

}  // namespace starling::peer
