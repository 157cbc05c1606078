#include "cli/addresses.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/arguments.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr size_t kHostSizeMax = 253;  // of a DNS name

std::optional<Endpoint> FromSystem(const sockaddr* address, uint16_t port) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    return Endpoint::V4(ntohl(v4.sin_addr.s_addr), port);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    std::array<std::byte, 16> bytes;
    std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
    return Endpoint::V6(bytes, port);
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(absl::string_view option, absl::string_view text,
                                       bool may_be_any_port) {
  const auto wrong = [&](absl::string_view why) {
    return UsageError(absl::StrCat(option, " ", Printable(text), ": ", why,
                                   "; write HOST:PORT, for example 192.0.2.7:6881 or [::1]:6881"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return wrong("there is no port");
  absl::string_view host = text.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
    if (!Endpoint::ParseAddress(host, 0).has_value()) return wrong("that is no IPv6 address");
  } else if (absl::StrContains(host, ":")) {
    return wrong("an IPv6 address stands in brackets");
  }
  const bool has_bad_letter = std::any_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '@' || c == 0x7F;
  });
  if (host.empty() || host.size() > kHostSizeMax || has_bad_letter) {
    return wrong("there is no host");
  }
  const auto port = ParseCount(text.substr(colon + 1), may_be_any_port ? 0 : 1, 65535);
  if (!port.has_value()) {
    return wrong(may_be_any_port ? "a port is 0 to 65535" : "a port is 1 to 65535");
  }
  return HostPort(std::string(host), static_cast<uint16_t>(*port));
}

std::string FormatHostPort(const HostPort& place) {
  const bool is_v6 = absl::StrContains(place.first, ":");
  return absl::StrCat(is_v6 ? "[" : "", place.first, is_v6 ? "]" : "", ":", place.second);
}

absl::StatusOr<std::vector<Endpoint>> ResolveHostPort(const HostPort& place) {
  if (const auto literal = Endpoint::ParseAddress(place.first, place.second)) {
    return std::vector<Endpoint>{*literal};
  }
  // RFC 6761, section 6.3: known without asking.
  if (absl::EqualsIgnoreCase(place.first, "localhost")) {
    return std::vector<Endpoint>{Endpoint::V4(0x7f000001, place.second),
                                 *Endpoint::ParseAddress("::1", place.second)};
  }
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(place.first.c_str(), nullptr, &wanted, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* at = error == 0 ? found : nullptr; at != nullptr; at = at->ai_next) {
    const std::optional<Endpoint> endpoint = FromSystem(at->ai_addr, place.second);
    if (!endpoint.has_value()) continue;
    if (std::find(endpoints.begin(), endpoints.end(), *endpoint) == endpoints.end()) {
      endpoints.push_back(*endpoint);
    }
  }
  if (endpoints.empty()) {
    const absl::string_view why = error == 0 ? "it has no address" : ::gai_strerror(error);
    return absl::UnavailableError(
        absl::StrCat("cannot find the host ", Printable(place.first), ": ", why));
  }
  return endpoints;
}

absl::StatusOr<std::unique_ptr<RealNode>> StartNode(RealWorld& world,
                                                    const RealNodeOptions& options,
                                                    EventSink& events) {
  absl::StatusOr<std::unique_ptr<RealNode>> node = RealNode::Start(world, options, events);
  if (node.ok()) return node;
  return absl::Status(node.status().code(),
                      absl::StrCat(node.status().message(),
                                   "; --listen HOST:PORT names another place, port 0 a free one"));
}

std::string JoinEndpoints(const std::vector<Endpoint>& endpoints) {
  return absl::StrJoin(endpoints, ", ", [](std::string* out, const Endpoint& endpoint) {
    absl::StrAppend(out, endpoint.ToString());
  });
}

}  // namespace starling::cli
