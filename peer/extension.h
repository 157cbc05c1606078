// The handshake of the extension protocol (BEP 10): a bencoded dictionary that says which extended
// messages its sender understands and by which ids. The ids are the receiver's own choice: a
// message is sent with the id that the other side named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/endpoint.h"

namespace starling::peer {

inline constexpr uint8_t kExtensionHandshakeId = 0;
// What we tell others to send to us; thus the ids of extended messages that we receive.
inline constexpr uint8_t kMetadataExtensionId = 1;      // ut_metadata, BEP 9
inline constexpr uint8_t kPeerExchangeExtensionId = 2;  // ut_pex, BEP 11

// What we say as `reqq`: how many requests we queue; beyond them each is rejected.
inline constexpr uint32_t kRequestQueueMax = 2'000;
// What a peer that says nothing about it can be asked at once (BEP 10).
inline constexpr uint32_t kRequestQueueDefault = 250;
inline constexpr size_t kVersionSizeMax = 64;
// A handshake is some hundred bytes; a longer one is damage or an attack.
inline constexpr size_t kExtensionHandshakeSizeMax = 16 * 1024;

// All of it is optional. An extension id that is absent leaves what an earlier handshake said, 0
// switches the extension off.
struct ExtensionHandshake {
  std::optional<uint8_t> metadata_id;       // m: ut_metadata
  std::optional<uint8_t> peer_exchange_id;  // m: ut_pex
  std::optional<uint32_t> metadata_size;    // 1 to storage::kInfoSizeMax
  std::optional<uint16_t> port;             // p: where the sender listens; never 0
  std::optional<uint32_t> request_queue;    // reqq, 1 to kRequestQueueCeiling
  std::string version;                      // v: printable UTF-8, at most kVersionSizeMax bytes
  std::optional<Endpoint> your_ip;          // yourip: how the sender sees the receiver; port 0
  std::optional<Endpoint> ipv4;             // another address of the sender; port 0
  std::optional<Endpoint> ipv6;
  bool upload_only = false;  // BEP 21: a seeder, or a partial one that is done

  bool operator==(const ExtensionHandshake&) const = default;
};

// A larger reqq is read as this; nobody keeps more requests in flight.
inline constexpr uint32_t kRequestQueueCeiling = 1'000'000;

// nullopt if it is no dictionary. Fields of a wrong type or out of range count as absent, unknown
// ones are ignored.
std::optional<ExtensionHandshake> ParseExtensionHandshake(ByteView payload);
// The payload of the Extended message with id kExtensionHandshakeId. Absent fields are left out.
Slice EncodeExtensionHandshake(const ExtensionHandshake& handshake);

// `text` from a stranger, fit for a terminal: at most `size_max` bytes of valid UTF-8 without
// control characters; each bad byte becomes a question mark.
std::string PrintableText(absl::string_view text, size_t size_max);

}  // namespace starling::peer
