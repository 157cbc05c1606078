#include "node/real_listen.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace starling {
namespace {

using Opened = absl::StatusOr<std::vector<ListenSockets>>;

absl::StatusOr<ListenSockets> OpenBoth(Endpoint local) {
  ListenSockets sockets;
  ASSIGN_OR_RETURN(sockets.tcp, ListenTcp(local));
  sockets.local = LocalEndpoint(sockets.tcp.descriptor());
  ASSIGN_OR_RETURN(sockets.udp, BindUdp(sockets.local));
  return sockets;
}

// Those with port 0 all get the number that the first of them finds.
Opened OpenAll(std::span<const Endpoint> wanted) {
  std::vector<ListenSockets> opened;
  uint16_t free_port = 0;
  for (Endpoint local : wanted) {
    const bool is_free_choice = local.port == 0;
    if (is_free_choice) local.port = free_port;
    ASSIGN_OR_RETURN(ListenSockets sockets, OpenBoth(local));
    if (is_free_choice) free_port = sockets.local.port;
    opened.push_back(std::move(sockets));
  }
  return opened;
}

// A number that is free for TCP on one address may be taken for UDP or on the next: try others.
Opened OpenFreeChoice(std::span<const Endpoint> wanted) {
  Opened opened = OpenAll(wanted);
  for (int i = 1; i < kListenPortsTried && absl::IsAlreadyExists(opened.status()); ++i) {
    opened = OpenAll(wanted);
  }
  return opened;
}

Opened OpenDefault() {
  std::vector<Endpoint> wanted;
  absl::Status why;
  for (const Endpoint& any : {Endpoint::AnyV4(0), Endpoint::AnyV6(0)}) {
    const absl::Status status = BindUdp(any).status();
    if (status.ok()) {
      wanted.push_back(any);
    } else {
      why = status;
    }
  }
  if (wanted.empty()) return why;
  for (int i = 0; i < kListenPortsTried; ++i) {
    for (Endpoint& local : wanted) local.port = static_cast<uint16_t>(kListenPortFirst + i);
    Opened opened = OpenAll(wanted);
    if (!absl::IsAlreadyExists(opened.status())) return opened;
  }
  return absl::AlreadyExistsError(absl::StrCat("all ports from ", kListenPortFirst, " to ",
                                               kListenPortFirst + kListenPortsTried - 1,
                                               " are taken"));
}

}  // namespace

Opened OpenListenSockets(std::span<const Endpoint> wanted) {
  if (wanted.empty()) return OpenDefault();
  const bool has_free_choice = std::any_of(wanted.begin(), wanted.end(),
                                           [](const Endpoint& local) { return local.port == 0; });
  return has_free_choice ? OpenFreeChoice(wanted) : OpenAll(wanted);
}

}  // namespace starling
