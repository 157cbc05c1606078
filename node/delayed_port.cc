#include "node/delayed_port.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace starling {

void DelayQueue::Send(Time now, Duration delay, DatagramPort& port, const Endpoint& to,
                      DatagramPort::Writer write) {
  std::array<std::byte, kDatagramSizeMax> space;
  const size_t size = write(space);
  if (size == 0) return;
  if (waiting_.size() >= kWaitingMax) {
    ++dropped_;
    return;
  }
  waiting_.push_back(
      {After(now, delay), sequence_++, &port, to, {space.begin(), space.begin() + size}});
  std::push_heap(waiting_.begin(), waiting_.end(), IsLater);
  Arm();
}

void DelayQueue::OnDeadline(Time now) {
  while (!waiting_.empty() && waiting_.front().when <= now + kEarlyMax) {
    std::pop_heap(waiting_.begin(), waiting_.end(), IsLater);
    const Waiting next = std::move(waiting_.back());
    waiting_.pop_back();
    late_sum_ += now - next.when;
    ++left_;
    next.port->Send(now, next.to, [&](ByteSpan space) {
      std::memcpy(space.data(), next.bytes.data(), next.bytes.size());
      return next.bytes.size();
    });
  }
  Arm();
}

void DelayQueue::Arm() {
  const Time next = waiting_.empty() ? kNever : waiting_.front().when - kEarlyMax;
  if (next != deadline_.when()) deadline_.Set(next);
}

}  // namespace starling
