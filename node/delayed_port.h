// A DatagramPort around another one, which gives each datagram some time on the way: real sockets
// on one machine with the distances of a network. It stands at the same seam as the port it is
// built around, so a node cannot tell.
//
// What is on its way lies in a queue that all ports of a network share. A datagram leaves when its
// time has come to the nearest millisecond, which is as fine as the event loop waits; half of them
// leave up to half a millisecond early, so that no delay is added on average.
#pragma once

#include <cstdint>
#include <vector>

#include "base/deadlines.h"
#include "base/seams.h"

namespace starling {

// How long a datagram from `from` takes to `to`; asked once for each.
class DelayModel {
 public:
  virtual ~DelayModel() = default;
  virtual Duration OneWay(const Endpoint& from, const Endpoint& to) = 0;
};

class DelayQueue final : private DeadlineHandler {
 public:
  static constexpr size_t kWaitingMax = 100'000;  // beyond: lost, as on a link that is too full
  static constexpr Duration kEarlyMax = microseconds(500);

  explicit DelayQueue(Deadlines& deadlines) : deadline_(deadlines, *this) {}
  DelayQueue(const DelayQueue&) = delete;
  DelayQueue& operator=(const DelayQueue&) = delete;

  // Sends the datagram through `port`, which must live as long as the queue, after `delay`. Those
  // with the same time leave in the order in which they came.
  void Send(Time now, Duration delay, DatagramPort& port, const Endpoint& to,
            DatagramPort::Writer write);
  size_t waiting() const { return waiting_.size(); }
  uint64_t dropped() const { return dropped_; }
  // How much later than they should datagrams left, on average: what the machine, and not the
  // model, has added to each way. Below zero: they were earlier.
  Duration lateness() const { return left_ == 0 ? Duration() : late_sum_ / left_; }

 private:
  struct Waiting {
    Time when;
    uint64_t sequence;
    DatagramPort* port;
    Endpoint to;
    std::vector<std::byte> bytes;
  };
  static bool IsLater(const Waiting& a, const Waiting& b) {
    return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
  }
  void OnDeadline(Time now) override;
  void Arm();

  std::vector<Waiting> waiting_;  // a heap, the earliest first
  uint64_t sequence_ = 0;
  uint64_t dropped_ = 0;
  Duration late_sum_{};
  int64_t left_ = 0;
  Deadline deadline_;
};

class DelayedPort final : public DatagramPort {
 public:
  // All three outlive this. `local`: where the node is that sends through it.
  DelayedPort(const Endpoint& local, DatagramPort& port, DelayModel& model, DelayQueue& queue)
      : local_(local), port_(port), model_(model), queue_(queue) {}

  void Send(Time now, const Endpoint& to, Writer write) override {
    queue_.Send(now, model_.OneWay(local_, to), port_, to, write);
  }

 private:
  const Endpoint local_;
  DatagramPort& port_;
  DelayModel& model_;
  DelayQueue& queue_;
};

}  // namespace starling
