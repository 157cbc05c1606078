// Accepts incoming connections on the addresses we listen on and hands them on as streams.
#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "base/seams.h"
#include "node/asio_loop.h"
#include "node/asio_socket.h"
#include "node/asio_stream.h"

namespace starling {

class AsioListener {
 public:
  using Accept = absl::AnyInvocable<void(Time now, std::unique_ptr<Stream> stream)>;

  // `socket` listens already. `accept` sets the stream's handler, or drops the stream. Without
  // descriptors or memory it pauses for kAcceptPause and goes on by itself.
  AsioListener(AsioLoop& loop, ReceiveBuffers& buffers, Socket socket, Accept accept);
  ~AsioListener();
  AsioListener(const AsioListener&) = delete;
  AsioListener& operator=(const AsioListener&) = delete;

  static constexpr Duration kAcceptPause = milliseconds(500);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace starling
