// The first 68 bytes of a peer connection (BEP 3), with the reserved bits of BEP 5, 6 and 10.
#pragma once

#include <optional>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/id.h"

namespace starling::peer {

inline constexpr size_t kHandshakeSize = 68;

struct Handshake {
  InfoHash info_hash;
  PeerId peer_id;
  bool supports_dht = false;         // BEP 5
  bool supports_fast = false;        // BEP 6
  bool supports_extensions = false;  // BEP 10
};

// nullopt unless `bytes` begin with a handshake of BEP 3; needs kHandshakeSize bytes.
std::optional<Handshake> ParseHandshake(ByteView bytes);
// As soon as the first bytes are known to be no handshake, true: the connection can be dropped.
bool IsNoHandshake(ByteView prefix);
Slice EncodeHandshake(const Handshake& handshake);

}  // namespace starling::peer
