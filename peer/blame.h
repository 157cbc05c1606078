// Who spoiled a piece. A piece that one peer brought alone tells at once. Where several brought
// parts of it, the digest of each block is kept; the piece is fetched again from one peer alone,
// and when it is good, whoever had sent other bytes is guilty. Blocks that were spilled are not at
// hand any more; for them nobody is blamed.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "base/id.h"
#include "base/strong_int.h"
#include "peer/pieces.h"

namespace starling::peer {

class Blame {
 public:
  static constexpr size_t kPiecesMax = 64;  // remembered at a time

  // The hash of `piece` is wrong. Returns the peer that brought it alone, or 0 if there were
  // several, who are remembered as suspects.
  ConnectionId OnSpoiled(const OpenPiece& piece);
  // v2 metadata says which blocks are bad: their senders, each once.
  static std::vector<ConnectionId> SendersOf(const OpenPiece& piece,
                                             const std::vector<uint32_t>& bad_blocks);
  // The piece is good now: the guilty among its earlier suspects, each once.
  std::vector<ConnectionId> OnVerified(const OpenPiece& piece);

 private:
  struct Suspicion {
    uint32_t block = 0;
    ConnectionId sender{};
    Sha1Digest digest;
  };
  absl::btree_map<PieceIndex, std::vector<Suspicion>> suspicions_;
};

}  // namespace starling::peer
