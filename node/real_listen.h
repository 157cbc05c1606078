// Where a node listens: TCP and UDP on the same port number, on each of its addresses. All or
// nothing: either every socket is bound, or a Status says which port is taken.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/endpoint.h"
#include "node/asio_socket.h"

namespace starling {

inline constexpr uint16_t kListenPortFirst = 6881;
inline constexpr int kListenPortsTried = 100;

struct ListenSockets {
  Endpoint local;
  Socket tcp;
  Socket udp;
};

// Exactly `wanted`, whose ports may be 0: then one free number for all of these. If `wanted` is
// empty: all addresses of IPv4 and IPv6, as far as the machine has them, on kListenPortFirst or the
// next number that is free on all.
absl::StatusOr<std::vector<ListenSockets>> OpenListenSockets(std::span<const Endpoint> wanted);

}  // namespace starling
