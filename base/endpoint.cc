#include <arpa/inet.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/endpoint.h"

namespace starling {
namespace {

constexpr std::array<std::byte, 12> kMappedPrefix = {
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

std::optional<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != text.npos ||
      !absl::SimpleAtoi(text, &port) || port > 0xffff) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(port);
}

unsigned At(const Endpoint& endpoint, size_t index) {
  return std::to_integer<unsigned>(endpoint.address[index]);
}

}  // namespace

Endpoint Endpoint::V4(uint32_t address, uint16_t port) {
  Endpoint endpoint;
  std::memcpy(endpoint.address.data(), kMappedPrefix.data(), kMappedPrefix.size());
  StoreBig<uint32_t>(endpoint.address.data() + 12, address);
  endpoint.port = port;
  return endpoint;
}

Endpoint Endpoint::V6(const std::array<std::byte, 16>& address, uint16_t port) {
  return Endpoint{address, port};
}

std::optional<Endpoint> Endpoint::ParseAddress(absl::string_view text, uint16_t port) {
  // inet_pton works on bytes: it reads no socket, no file and no clock.
  const std::string address(text);
  if (address.size() != text.size() || address.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::byte, 16> bytes;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    return V4(LoadBig<uint32_t>(bytes.data()), port);
  }
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return V6(bytes, port);
  return std::nullopt;
}

std::optional<Endpoint> Endpoint::Parse(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port.has_value()) return std::nullopt;
  absl::string_view host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == host.npos) return std::nullopt;
  } else if (host.find(':') != host.npos) {
    return std::nullopt;  // an IPv6 address needs its brackets
  }
  return ParseAddress(host, *port);
}

bool Endpoint::is_unspecified() const {
  return is_v4() ? v4() == 0 : address == std::array<std::byte, 16>{};
}

bool Endpoint::is_loopback() const {
  if (is_v4()) return At(*this, 12) == 127;
  static constexpr std::array<std::byte, 16> kLoopback = {
      std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
      std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
      std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
  return address == kLoopback;
}

bool Endpoint::is_private() const {
  if (is_loopback()) return true;
  if (is_v4()) {
    const uint32_t host = v4();
    return host >> 24 == 10 || host >> 20 == 0xac1 || host >> 16 == 0xc0a8 ||
           host >> 16 == 0xa9fe || host >> 22 == (0x64400000u >> 22);
  }
  return (At(*this, 0) & 0xfe) == 0xfc || (At(*this, 0) == 0xfe && (At(*this, 1) & 0xc0) == 0x80);
}

bool Endpoint::is_usable() const {
  if (port == 0 || is_unspecified()) return false;
  if (is_v4()) return At(*this, 12) < 224 && At(*this, 12) != 0;
  return At(*this, 0) != 0xff;
}

uint64_t Endpoint::prefix() const {
  if (is_v4()) return v4() >> 8;
  return (uint64_t{1} << 63) | (LoadBig<uint64_t>(address.data()) >> 16);
}

std::string Endpoint::AddressToString() const {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), text, sizeof(text));
  return text;
}

std::string Endpoint::ToString() const {
  if (is_v4()) return absl::StrCat(AddressToString(), ":", port);
  return absl::StrCat("[", AddressToString(), "]:", port);
}

size_t CompactSize(const Endpoint& endpoint) {
  return endpoint.is_v4() ? kCompactV4Size : kCompactV6Size;
}

size_t WriteCompact(const Endpoint& endpoint, std::byte* at) {
  const size_t address_size = endpoint.is_v4() ? 4 : 16;
  std::memcpy(at, endpoint.address.data() + 16 - address_size, address_size);
  StoreBig<uint16_t>(at + address_size, endpoint.port);
  return address_size + 2;
}

std::optional<Endpoint> ReadCompact(ByteView bytes) {
  if (bytes.size() == kCompactV4Size) {
    return Endpoint::V4(LoadBig<uint32_t>(bytes.data()), LoadBig<uint16_t>(bytes.data() + 4));
  }
  if (bytes.size() == kCompactV6Size) {
    Endpoint endpoint;
    std::memcpy(endpoint.address.data(), bytes.data(), 16);
    endpoint.port = LoadBig<uint16_t>(bytes.data() + 16);
    return endpoint;
  }
  return std::nullopt;
}

}  // namespace starling
