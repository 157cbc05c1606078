#include "node/asio_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "node/asio_error.h"

namespace starling {
namespace {

constexpr int kListenBacklog = 256;
// Bursts of answers must survive until the loop comes round; the default holds about 250 packets.
constexpr int kDatagramBufferSize = 1 << 20;

void SetOption(int descriptor, int level, int name, int value) {
  // Options that a kernel lacks are not worth failing for.
  (void)::setsockopt(descriptor, level, name, &value, sizeof(value));
}

absl::StatusOr<Socket> Open(const Endpoint& like, int type) {
  const int family = like.is_v4() ? AF_INET : AF_INET6;
  Socket socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return StatusOfErrno(errno, "cannot open a socket");
  if (like.is_v6()) SetOption(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return socket;
}

absl::Status Bind(const Socket& socket, const Endpoint& local, absl::string_view protocol) {
  const SocketAddress address(local);
  if (::bind(socket.descriptor(), address.get(), address.size) == 0) return absl::OkStatus();
  const int error = errno;
  if (error == EADDRINUSE) {
    return absl::AlreadyExistsError(absl::StrCat("port ", local.port, " is taken (", protocol,
                                                 " on ", local.AddressToString(), ")"));
  }
  return StatusOfErrno(error, absl::StrCat("cannot listen on ", local.ToString()));
}

}  // namespace

Socket::~Socket() {
  if (is_open()) ::close(descriptor_);
}

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  if (endpoint.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.v4());
    std::memcpy(&storage, &v4, sizeof(v4));
    size = sizeof(v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.address.data(), sizeof(v6.sin6_addr));
    std::memcpy(&storage, &v6, sizeof(v6));
    size = sizeof(v6);
  }
}

Endpoint SocketAddress::endpoint() const {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof(v4));
    return Endpoint::V4(ntohl(v4.sin_addr.s_addr), ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof(v6));
    Endpoint endpoint;
    std::memcpy(endpoint.address.data(), &v6.sin6_addr, endpoint.address.size());
    endpoint.port = ntohs(v6.sin6_port);
    return endpoint;
  }
  return Endpoint{};
}

absl::StatusOr<Socket> ListenTcp(const Endpoint& local) {
  absl::StatusOr<Socket> socket = Open(local, SOCK_STREAM);
  if (!socket.ok()) return socket.status();
  // Restarting must not fail because old connections linger; two listeners still exclude another.
  SetOption(socket->descriptor(), SOL_SOCKET, SO_REUSEADDR, 1);
  absl::Status bound = Bind(*socket, local, "TCP");
  if (!bound.ok()) return bound;
  if (::listen(socket->descriptor(), kListenBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return absl::AlreadyExistsError(
          absl::StrCat("port ", local.port, " is taken (TCP on ", local.AddressToString(), ")"));
    }
    return StatusOfErrno(errno, absl::StrCat("cannot listen on ", local.ToString()));
  }
  return socket;
}

absl::StatusOr<Socket> BindUdp(const Endpoint& local) {
  absl::StatusOr<Socket> socket = Open(local, SOCK_DGRAM);
  if (!socket.ok()) return socket.status();
  const int descriptor = socket->descriptor();
  SetOption(descriptor, SOL_SOCKET, SO_RCVBUF, kDatagramBufferSize);
  SetOption(descriptor, SOL_SOCKET, SO_SNDBUF, kDatagramBufferSize);
  // Which address a datagram came to is a question only where there are several.
  const bool is_any = local.is_unspecified();
  if (local.is_v4()) {
    if (is_any) SetOption(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    // All leaves with "don't fragment": choosing an identification for fragments costs a tenth of
    // sending an answer. What is too large for a path is sent again, see LetFragment.
    LetFragment(descriptor, false);
  } else {
    if (is_any) SetOption(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    // Datagrams of full size must get through smaller links: let the kernel fragment them.
    SetOption(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
  }
  absl::Status bound = Bind(*socket, local, "UDP");
  if (!bound.ok()) return bound;
  return socket;
}

void LetFragment(int descriptor, bool on) {
  SetOption(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, on ? IP_PMTUDISC_DONT : IP_PMTUDISC_DO);
}

absl::StatusOr<Socket> ConnectTcp(const Endpoint& to, const std::optional<Endpoint>& local) {
  absl::StatusOr<Socket> socket = Open(to, SOCK_STREAM);
  if (!socket.ok()) return socket.status();
  const int descriptor = socket->descriptor();
  TuneStream(descriptor);
  if (local.has_value()) {
    // Without this a bound socket takes a port of its own, of which there are only 28,000.
    SetOption(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    SetOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    Endpoint from = *local;
    from.port = 0;
    const SocketAddress address(from);
    if (::bind(descriptor, address.get(), address.size) != 0) {
      return StatusOfErrno(errno, absl::StrCat("cannot dial from ", from.AddressToString()));
    }
  }
  const SocketAddress address(to);
  if (::connect(descriptor, address.get(), address.size) != 0 && errno != EINPROGRESS) {
    return StatusOfErrno(errno, absl::StrCat("cannot connect to ", to.ToString()));
  }
  return socket;
}

void TuneStream(int descriptor) { SetOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1); }

Endpoint LocalEndpoint(int descriptor) {
  SocketAddress address;
  if (::getsockname(descriptor, address.get(), &address.size) != 0) return Endpoint{};
  return address.endpoint();
}

int PendingError(int descriptor) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

const Endpoint* ChooseLocal(std::span<const Endpoint> listening, const Endpoint& to) {
  for (const Endpoint& local : listening) {
    if (local.is_v4() != to.is_v4()) continue;
    if (local.is_unspecified() || local.is_loopback() == to.is_loopback()) return &local;
  }
  return nullptr;
}

}  // namespace starling
