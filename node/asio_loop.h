// The event loop: one Boost.Asio io_context, run by one thread, in turns. A turn waits for the
// first event, handles what else is ready, and then lets everybody who asked for it finish: streams
// write what was queued, datagram batches leave, timers are set anew. So any number of commands
// within a turn costs one system call.
//
// Everything but Post() and Stop() belongs to the thread that calls Run().
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/deadlines.h"
#include "base/time.h"

namespace boost::asio {
class io_context;
}

namespace starling {

class TurnHandler {
 public:
  virtual void OnTurnEnd(Time now) = 0;

 protected:
  ~TurnHandler() = default;
};

class AsioLoop {
 public:
  AsioLoop();
  ~AsioLoop();
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  Time now() const;                 // std::chrono::steady_clock
  void Run();                       // until Stop(); may be called again
  void Stop();                      // a Stop() before Run() counts
  void RunTurn(Duration wait_max);  // one turn, which waits at most so long for its first event
  void Post(absl::AnyInvocable<void(Time now)> f);
  // Calls `f` for each SIGINT and SIGTERM from now on.
  void OnSignal(absl::AnyInvocable<void(Time now, int signal)> f);

  // Calls `handler` once at the end of this turn, and keeps it alive until then.
  void AtTurnEnd(std::shared_ptr<TurnHandler> handler);
  // Calls `handler` at the end of every turn, until Leave().
  void Join(TurnHandler& handler);
  void Leave(TurnHandler& handler);

  // What the real world itself has to do at a time: connect timeouts, HTTP timeouts.
  Deadlines& deadlines() { return deadlines_; }
  boost::asio::io_context& io();

 private:
  struct Asio;
  void EndTurn();

  // Deadlines outlive the io_context, whose end destroys handlers that hold entries.
  Deadlines deadlines_;
  std::vector<std::shared_ptr<TurnHandler>> once_;
  std::vector<TurnHandler*> always_;
  std::atomic<bool> stop_{false};  // a Stop() that Run() has not seen yet
  std::unique_ptr<Asio> asio_;
};

}  // namespace starling
