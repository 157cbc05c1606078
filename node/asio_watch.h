// One socket in the event loop: tells when it can be read or written. The reads and writes
// themselves are plain non-blocking system calls of whoever watches, so that buffers are lent only
// while there is something to move.
#pragma once

#include <memory>

#include "base/time.h"
#include "node/asio_loop.h"
#include "node/asio_socket.h"

namespace starling {

class WatchHandler {
 public:
  virtual void OnReadable(Time now) = 0;
  virtual void OnWritable(Time now) = 0;

 protected:
  ~WatchHandler() = default;
};

class AsioWatch {
 public:
  AsioWatch();  // closed
  AsioWatch(AsioLoop& loop, Socket socket);
  ~AsioWatch();
  AsioWatch(AsioWatch&&) noexcept;
  AsioWatch& operator=(AsioWatch&&) noexcept;

  // Calls `handler` once, from the loop, when the socket is readable (or broken), and keeps it
  // alive until then. Asking again while a call is due changes nothing.
  void WaitReadable(std::shared_ptr<WatchHandler> handler);
  void WaitWritable(std::shared_ptr<WatchHandler> handler);
  // No call comes after this.
  void Close();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  int descriptor_ = -1;
};

}  // namespace starling
