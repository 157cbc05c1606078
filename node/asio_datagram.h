// DatagramPort on UDP: one port over several sockets, one for each address we listen on. Datagrams
// are written straight into the slots of a send batch, which leaves in one system call: answers as
// soon as the batch they answer was read, the rest at the end of the loop's turn.
//
// An answer leaves from the address that its query came to (the kernel tells it with each
// datagram), because a machine with several addresses would otherwise answer from another one, and
// nobody accepts that. Everything else leaves from the first socket that can reach the target.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/seams.h"
#include "node/asio_loop.h"
#include "node/asio_socket.h"

namespace starling {

class AsioDatagramPort final : public DatagramPort {
 public:
  using Receive = absl::AnyInvocable<void(Time now, const Endpoint& from, ByteView bytes)>;

  // `sockets` are bound already, see BindUdp.
  AsioDatagramPort(AsioLoop& loop, std::vector<Socket> sockets);
  ~AsioDatagramPort() override;

  // From now on each datagram goes to `receive`, which may destroy this port.
  void Start(Receive receive);
  void Send(Time now, const Endpoint& to, Writer write) override;

  // Datagrams that were too large for us, or that the kernel refused to send.
  uint64_t dropped() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace starling
