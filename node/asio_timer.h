// Drives the deadlines of one state machine, a Client: after each turn of the loop it asks for the
// next deadline and keeps its one entry in the loop's heap at that. An early wake-up is harmless.
#pragma once

#include "base/deadlines.h"
#include "node/asio_loop.h"

namespace starling {

template <class Machine>  // has next_deadline() and OnDeadline(now)
class AsioTimer final : private TurnHandler, private DeadlineHandler {
 public:
  AsioTimer(AsioLoop& loop, Machine& machine)
      : loop_(loop), machine_(machine), deadline_(loop.deadlines(), *this) {
    loop_.Join(*this);
    deadline_.Set(machine_.next_deadline());
  }
  ~AsioTimer() { loop_.Leave(*this); }
  AsioTimer(const AsioTimer&) = delete;
  AsioTimer& operator=(const AsioTimer&) = delete;

 private:
  void OnTurnEnd(Time) override {
    const Time next = machine_.next_deadline();
    if (next != deadline_.when()) deadline_.Set(next);
  }
  void OnDeadline(Time now) override { machine_.OnDeadline(now); }

  AsioLoop& loop_;
  Machine& machine_;
  Deadline deadline_;
};

}  // namespace starling
