// Plain sockets: owned descriptors, our Endpoint as a socket address, and the few ways in which we
// open one. All are non-blocking and closed on exec; IPv6 ones carry IPv6 only, so that IPv4 and
// IPv6 can listen on the same port.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "base/endpoint.h"

namespace starling {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  int Release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Endpoint& endpoint);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  Endpoint endpoint() const;  // all zero if it is neither IPv4 nor IPv6
};

// Errors are AlreadyExists for a port that is taken, InvalidArgument for an address that this
// machine does not have; the message names the address.
absl::StatusOr<Socket> ListenTcp(const Endpoint& local);
absl::StatusOr<Socket> BindUdp(const Endpoint& local);

// May what leaves through this UDP socket for an IPv4 address be sent in fragments? Not at first;
// datagrams that are larger than the path then fail with EMSGSIZE.
void LetFragment(int descriptor, bool on);

// A TCP socket that has begun to connect. With `local` it leaves from that address, whose port is
// ignored.
absl::StatusOr<Socket> ConnectTcp(const Endpoint& to, const std::optional<Endpoint>& local);

// Options that every stream of ours has: small messages go out at once.
void TuneStream(int descriptor);

Endpoint LocalEndpoint(int descriptor);
int PendingError(int descriptor);  // SO_ERROR

// Which of the addresses we listen on should a packet to `to` leave from? The first of its family
// that can reach it: loopback addresses reach only loopback. Null: none can.
const Endpoint* ChooseLocal(std::span<const Endpoint> listening, const Endpoint& to);

}  // namespace starling
