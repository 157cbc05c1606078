// An IPv4 or IPv6 address and a port in 18 bytes: one type everywhere. IPv4 is kept mapped
// (::ffff:a.b.c.d). Compact forms are those of BEP 5, 7, 23 and 32.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace starling {

struct Endpoint {
  std::array<std::byte, 16> address{};
  uint16_t port = 0;

  static Endpoint V4(uint32_t address, uint16_t port);  // host order: 0x7f000001 is 127.0.0.1
  static Endpoint V6(const std::array<std::byte, 16>& address, uint16_t port);
  static Endpoint AnyV4(uint16_t port) { return V4(0, port); }
  static Endpoint AnyV6(uint16_t port) { return V6({}, port); }
  // Reads "1.2.3.4:80" or "[2001:db8::1]:80". Literals only; names are the Resolver's work.
  static std::optional<Endpoint> Parse(absl::string_view text);
  // Reads an address without port, "1.2.3.4" or "2001:db8::1".
  static std::optional<Endpoint> ParseAddress(absl::string_view text, uint16_t port);

  bool is_v4() const {
    uint64_t high;
    std::memcpy(&high, address.data(), 8);
    return high == 0 && LoadBig<uint32_t>(address.data() + 8) == 0xffff;
  }
  bool is_v6() const { return !is_v4(); }
  uint32_t v4() const { return LoadBig<uint32_t>(address.data() + 12); }  // only if is_v4()
  bool is_unspecified() const;
  bool is_loopback() const;
  // Loopback, RFC 1918, link-local, unique local, carrier NAT: addresses that many hosts share.
  bool is_private() const;
  // Could a datagram or connection be addressed to it: not unspecified, multicast, broadcast or
  // port 0.
  bool is_usable() const;
  bool SameAddress(const Endpoint& other) const {
    return std::memcmp(address.data(), other.address.data(), 16) == 0;
  }
  // The address cut to its /24 (IPv4) or /48 (IPv6), as one number: the unit of "one network".
  uint64_t prefix() const;

  std::string ToString() const;         // "1.2.3.4:80", "[2001:db8::1]:80"
  std::string AddressToString() const;  // without port and brackets

  bool operator==(const Endpoint& other) const { return SameAddress(other) && port == other.port; }
  // By address in network order, then by port.
  std::strong_ordering operator<=>(const Endpoint& other) const {
    const auto high = LoadBig<uint64_t>(address.data());
    const auto other_high = LoadBig<uint64_t>(other.address.data());
    if (high != other_high) return high <=> other_high;
    const auto low = LoadBig<uint64_t>(address.data() + 8);
    const auto other_low = LoadBig<uint64_t>(other.address.data() + 8);
    return low != other_low ? low <=> other_low : port <=> other.port;
  }
  template <class H>
  friend H AbslHashValue(H h, const Endpoint& endpoint) {
    uint64_t high;
    uint64_t low;
    std::memcpy(&high, endpoint.address.data(), 8);
    std::memcpy(&low, endpoint.address.data() + 8, 8);
    return H::combine(std::move(h), high, low, endpoint.port);
  }
};
static_assert(sizeof(Endpoint) == 18);

inline constexpr size_t kCompactV4Size = 6;
inline constexpr size_t kCompactV6Size = 18;
constexpr size_t kCompactSizeMax = kCompactV6Size;

// The size of the compact form of `endpoint`: 6 or 18.
size_t CompactSize(const Endpoint& endpoint);
// Writes the compact form (address in network order, then the port) and returns its size.
size_t WriteCompact(const Endpoint& endpoint, std::byte* at);
// Reads a compact form; `bytes` must be 6 or 18 long, else nullopt.
std::optional<Endpoint> ReadCompact(ByteView bytes);

}  // namespace starling
