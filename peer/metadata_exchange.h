// The info dictionary from peer to peer (BEP 9): the three messages, and the side that serves. The
// side that fetches is peer/metadata_fetch. Nothing here does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/id.h"
#include "base/time.h"

namespace starling::peer {

inline constexpr uint32_t kMetadataPieceSize = 16 * 1024;

constexpr uint32_t MetadataPieceCount(size_t metadata_size) {
  return static_cast<uint32_t>((metadata_size + kMetadataPieceSize - 1) / kMetadataPieceSize);
}

struct MetadataMessage {
  enum class Kind : uint8_t { kRequest = 0, kData = 1, kReject = 2, kUnknown = 3 };
  Kind kind = Kind::kUnknown;  // kUnknown: another msg_type, which is to be ignored
  uint32_t piece = 0;          // below MetadataPieceCount(storage::kInfoSizeMax)
  // Of data messages. Some clients leave the size out.
  std::optional<uint32_t> total_size;
  ByteView bytes;  // at most kMetadataPieceSize, a view into what was parsed
};

// Reads the payload of an Extended message with id kMetadataExtensionId; nullopt if malformed.
std::optional<MetadataMessage> ParseMetadataMessage(ByteView payload);

// Payloads of Extended messages; the id is what the peer named.
Slice EncodeMetadataRequest(uint32_t piece);
Slice EncodeMetadataReject(uint32_t piece);
// `info` is the whole dictionary. The piece's bytes are copied: they are no content, and slices in
// flight must not depend on the life of the string.
Slice EncodeMetadataData(uint32_t piece, absl::string_view info);

// Does `info` have this hash: its SHA-1 (v1), or its SHA-256 cut to 20 bytes (v2, BEP 52)?
bool InfoMatches(const InfoHash& info_hash, ByteView info);

// Serves one peer. Requests wait here until the stream has room, so that a peer that asks for all
// and reads nothing costs a few numbers. Each peer may have the whole dictionary twice and a
// little, and then one piece every kPiecePeriod; what is beyond is rejected (BEP 9 allows that).
class MetadataServe {
 public:
  static constexpr size_t kWaitingMax = 512;  // requests; further ones are dropped: flooding()
  static constexpr size_t kUnsentMax = 128 * 1024;
  static constexpr uint32_t kSpareMax = 8;  // pieces beyond two whole copies
  static constexpr Duration kPiecePeriod = seconds(1);

  void OnRequest(uint32_t piece);
  // The next answer to send, data or reject; nullopt when there is none or `unsent` bytes wait in
  // the stream already. Ask until nullopt after each request and each OnSent. `info` is empty while
  // we have no metadata: then all is rejected.
  std::optional<Slice> NextAnswer(Time now, absl::string_view info, size_t unsent);

  // Did it ask for more than any client would? The connection may be closed.
  bool flooding() const { return dropped_ > 0; }
  uint64_t served() const { return served_; }
  uint64_t rejected() const { return rejected_; }

 private:
  bool Allowed(Time now, uint32_t pieces);

  std::vector<uint32_t> waiting_;  // oldest first
  // GCRA: each piece served moves it on by a period; beyond now the allowance is used up.
  std::optional<Time> used_until_;
  uint64_t served_ = 0;
  uint64_t rejected_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace starling::peer
