// The messages that two peers exchange after the handshake: BEP 3, the PORT message of BEP 5, the
// fast extension of BEP 6, and the envelope of BEP 10. A message is a value; it owns the slices it
// shows, so it may outlive the reader that made it and the stream it came from.
//
// On the wire each is a length (4 bytes, big-endian), a type (1 byte) and a body; a length of zero
// is the keep-alive. `WireReader` makes messages of bytes, `WireWriter` bytes of messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "base/buffer.h"
#include "base/strong_int.h"
#include "storage/piece_store.h"

namespace starling::peer {

enum class MessageType : uint8_t {
  kChoke = 0,
  kUnchoke = 1,
  kInterested = 2,
  kNotInterested = 3,
  kHave = 4,
  kBitfield = 5,
  kRequest = 6,
  kPiece = 7,
  kCancel = 8,
  kPort = 9,          // BEP 5
  kSuggest = 13,      // BEP 6
  kHaveAll = 14,      // BEP 6
  kHaveNone = 15,     // BEP 6
  kReject = 16,       // BEP 6
  kAllowedFast = 17,  // BEP 6
  kExtended = 20,     // BEP 10
};

// The bytes before the content in a piece message: length, type, piece, offset.
inline constexpr size_t kPieceHeaderSize = 13;
// The longest block that a piece message may bring: we never ask for more.
inline constexpr uint32_t kPayloadSizeMax = storage::kBlockSize;
// The longest block that old clients ask for and that a connection may choose to serve. The reader
// passes on every request; whether it is served is the connection's decision.
inline constexpr uint32_t kRequestLengthMax = 128 * 1024;
// A bitfield for the most pieces that an info dictionary of storage::kInfoSizeMax can name.
inline constexpr uint32_t kBitfieldSizeMax = 256 * 1024;
// The payload of one extended message: a metadata piece is 16 KiB and a header.
inline constexpr uint32_t kExtendedSizeMax = 128 * 1024;
// Messages of types that we do not know are skipped, not kept, up to this length.
inline constexpr uint32_t kUnknownSizeMax = 1024 * 1024;

struct KeepAlive {};
struct Choke {};
struct Unchoke {};
struct Interested {};
struct NotInterested {};
struct Have {
  PieceIndex piece;  // not checked against the number of pieces
};
struct BitfieldMessage {
  Slice bytes;  // for Bitfield::FromWire
};
struct Request {
  storage::BlockRequest block;  // not checked: any three numbers
};
struct Piece {
  PieceIndex piece;
  uint32_t offset = 0;
  Payload payload;  // at most kPayloadSizeMax bytes, possibly none

  storage::BlockRequest block() const {
    return {piece, offset, static_cast<uint32_t>(PayloadSize(payload))};
  }
};
struct Cancel {
  storage::BlockRequest block;
};
struct Port {
  uint16_t port = 0;
};
struct Suggest {
  PieceIndex piece;
};
struct HaveAll {};
struct HaveNone {};
struct Reject {
  storage::BlockRequest block;
};
struct AllowedFast {
  PieceIndex piece;
};
struct Extended {
  uint8_t id = 0;  // as the receiver named it in its own extension handshake; 0: the handshake
  Slice payload;
};
// A type that we do not know; its body was skipped. BEP 52's hash messages arrive as such.
struct Unknown {
  uint8_t type = 0;
  uint32_t body_size = 0;
};

using Message = std::variant<KeepAlive, Choke, Unchoke, Interested, NotInterested, Have,
                             BitfieldMessage, Request, Piece, Cancel, Port, Suggest, HaveAll,
                             HaveNone, Reject, AllowedFast, Extended, Unknown>;

// May `message` only be sent where both sides set the bit of BEP 6? The connection closes if not.
bool NeedsFastExtension(const Message& message);
// The name of a message for people, such as "not interested".
absl::string_view NameOf(const Message& message);
// A whole message in words, such as "request 3 16384 16384", for traces and for tests.
std::string ToText(const Message& message);

}  // namespace starling::peer
