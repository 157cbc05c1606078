#include "peer/handshake.h"

#include <algorithm>
#include <cstring>

namespace starling::peer {
namespace {

// Length byte and protocol name, then 8 reserved bytes, info-hash, peer id.
constexpr absl::string_view kProtocol =
    "\x13"
    "BitTorrent protocol";
constexpr size_t kReservedAt = 20;
constexpr size_t kInfoHashAt = 28;
constexpr size_t kPeerIdAt = 48;
static_assert(kProtocol.size() == kReservedAt && kPeerIdAt + PeerId::kSize == kHandshakeSize);

constexpr std::byte kExtensionsBit{0x10};  // of the sixth reserved byte
constexpr std::byte kFastBit{0x04};        // of the last one
constexpr std::byte kDhtBit{0x01};         // of the last one

bool HasBit(std::byte byte, std::byte bit) { return (byte & bit) != std::byte{0}; }

}  // namespace

bool IsNoHandshake(ByteView prefix) {
  const size_t size = std::min(prefix.size(), kProtocol.size());
  return AsText(prefix.first(size)) != kProtocol.substr(0, size);
}

std::optional<Handshake> ParseHandshake(ByteView bytes) {
  if (bytes.size() < kHandshakeSize || IsNoHandshake(bytes)) return std::nullopt;
  const ByteView reserved = bytes.subspan(kReservedAt, 8);
  Handshake handshake;
  handshake.info_hash = InfoHash::FromBytes(bytes.subspan(kInfoHashAt));
  handshake.peer_id = PeerId::FromBytes(bytes.subspan(kPeerIdAt));
  handshake.supports_extensions = HasBit(reserved[5], kExtensionsBit);
  handshake.supports_fast = HasBit(reserved[7], kFastBit);
  handshake.supports_dht = HasBit(reserved[7], kDhtBit);
  return handshake;
}

Slice EncodeHandshake(const Handshake& handshake) {
  Buffer buffer(kHandshakeSize);
  std::byte* at = buffer.data();
  std::memset(at, 0, kHandshakeSize);
  std::memcpy(at, kProtocol.data(), kProtocol.size());
  if (handshake.supports_extensions) at[kReservedAt + 5] |= kExtensionsBit;
  if (handshake.supports_fast) at[kReservedAt + 7] |= kFastBit;
  if (handshake.supports_dht) at[kReservedAt + 7] |= kDhtBit;
  std::memcpy(at + kInfoHashAt, handshake.info_hash.bytes.data(), InfoHash::kSize);
  std::memcpy(at + kPeerIdAt, handshake.peer_id.bytes.data(), PeerId::kSize);
  return buffer.Sub(0, kHandshakeSize);
}

}  // namespace starling::peer
