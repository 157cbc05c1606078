#include "dht/secure_id.h"

#include <algorithm>

#include "base/crc32c.h"

namespace starling::dht {
namespace {

constexpr std::array<uint8_t, 4> kMaskV4 = {0x03, 0x0f, 0x3f, 0xff};
constexpr std::array<uint8_t, 8> kMaskV6 = {0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff};

// The CRC of the masked address and the low three bits of `seed`.
uint32_t PrefixFor(const Endpoint& address, uint8_t seed) {
  std::array<std::byte, 8> masked{};
  const bool is_v4 = address.is_v4();
  const std::span<const uint8_t> mask = is_v4 ? std::span<const uint8_t>(kMaskV4) : kMaskV6;
  const size_t from = is_v4 ? 12 : 0;
  for (size_t i = 0; i < mask.size(); ++i) {
    masked[i] = address.address[from + i] & std::byte{mask[i]};
  }
  masked[0] |= std::byte{static_cast<uint8_t>((seed & 7) << 5)};
  return Crc32c(ByteView(masked).first(mask.size()));
}

}  // namespace

NodeId DrawSecureId(const Endpoint& address, Random& random) {
  NodeId id = random.NextId<NodeId>();
  const uint32_t prefix = PrefixFor(address, std::to_integer<uint8_t>(id.bytes[19]));
  id.bytes[0] = std::byte{static_cast<uint8_t>(prefix >> 24)};
  id.bytes[1] = std::byte{static_cast<uint8_t>(prefix >> 16)};
  id.bytes[2] =
      std::byte{static_cast<uint8_t>((prefix >> 8) & 0xf8)} | (id.bytes[2] & std::byte{0x07});
  return id;
}

bool IsSecureId(const NodeId& id, const Endpoint& address) {
  if (address.is_private()) return true;
  const uint32_t prefix = PrefixFor(address, std::to_integer<uint8_t>(id.bytes[19]));
  return (LoadBig<uint32_t>(id.bytes.data()) ^ prefix) >> 11 == 0;
}

}  // namespace starling::dht
