// Streams on TCP. What is sent in one turn of the loop leaves in one gathering system call, by
// reference; what arrives is read into pooled buffers and handed out as slices of them. Nothing is
// copied.
//
// A receive buffer is borrowed only while there is something to read, or while somebody holds part
// of it and its free tail can take more. Slow connections borrow small ones, so that a block that
// waits for the rest of its piece does not hold a large buffer.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "base/endpoint.h"
#include "base/seams.h"
#include "node/asio_loop.h"
#include "node/asio_socket.h"

namespace starling {

inline constexpr Duration kConnectTimeout = seconds(10);

// One for all streams of a world.
struct ReceiveBuffers {
  static constexpr size_t kSmallSize = 32 * 1024;
  static constexpr size_t kLargeSize = 256 * 1024;
  BufferPool small{kSmallSize, 64};
  BufferPool large{kLargeSize, 64};
};

class AsioDialer final : public Dialer {
 public:
  // Connections leave from that one of the addresses in `listening` which is of the same family,
  // unless it is the wildcard: peers then know us by the address that we listen on.
  AsioDialer(AsioLoop& loop, ReceiveBuffers& buffers, std::vector<Endpoint> listening = {},
             Duration connect_timeout = kConnectTimeout);

  std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) override;

 private:
  AsioLoop& loop_;
  ReceiveBuffers& buffers_;
  std::vector<Endpoint> listening_;
  Duration connect_timeout_;
};

// The stream of a connection that was accepted; it reads from the end of this turn on.
std::unique_ptr<Stream> AcceptedStream(AsioLoop& loop, ReceiveBuffers& buffers, Socket socket,
                                       const Endpoint& remote);

}  // namespace starling
