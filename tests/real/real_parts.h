// What tests on real sockets share: one loop with its buffers, and waiting with a limit.
#pragma once

#include <functional>
#include <string>

#include "base/endpoint.h"
#include "node/asio_loop.h"
#include "node/asio_socket.h"
#include "node/asio_stream.h"

namespace starling::testing_support {

struct RealParts {
  AsioLoop loop;
  ReceiveBuffers buffers;

  // Runs the loop until `done` says so; false if that takes longer than `limit`.
  bool Until(const std::function<bool()>& done, Duration limit = seconds(10)) {
    const Time end = loop.now() + limit;
    while (!done()) {
      if (loop.now() >= end) return false;
      loop.RunTurn(milliseconds(10));
    }
    return true;
  }
  void RunFor(Duration length) {
    Until([] { return false; }, length);
  }
};

inline Endpoint Loopback(uint16_t port = 0) { return Endpoint::V4(0x7f000001, port); }

// ::1, or on machines without IPv6 a second address of IPv4.
inline Endpoint OtherLoopback() {
  const Endpoint v6 = *Endpoint::ParseAddress("::1", 0);
  return BindUdp(v6).ok() ? v6 : Endpoint::V4(0x7f000002, 0);
}

}  // namespace starling::testing_support
