#include "peer/blame.h"

#include <algorithm>

#include "base/digest.h"

namespace starling::peer {
namespace {

Sha1Digest DigestOf(const Payload& payload) {
  Sha1Hasher hasher;
  for (const Slice& slice : payload) hasher.Add(slice.view());
  return hasher.Finish();
}

void AddOnce(std::vector<ConnectionId>* peers, ConnectionId peer) {
  if (std::find(peers->begin(), peers->end(), peer) == peers->end()) peers->push_back(peer);
}

}  // namespace

ConnectionId Blame::OnSpoiled(const OpenPiece& piece) {
  const ConnectionId first = piece.blocks.front().sender;
  const bool alone = std::all_of(piece.blocks.begin(), piece.blocks.end(),
                                 [first](const Block& block) { return block.sender == first; });
  if (alone) return first;
  if (suspicions_.size() >= kPiecesMax && !suspicions_.contains(piece.piece)) {
    return ConnectionId{};
  }
  std::vector<Suspicion>& suspicions = suspicions_[piece.piece];
  suspicions.clear();
  for (uint32_t i = 0; i < piece.blocks.size(); ++i) {
    const Payload* payload = piece.assembly.payload(i);
    if (payload == nullptr) continue;
    suspicions.push_back({i, piece.blocks[i].sender, DigestOf(*payload)});
  }
  return ConnectionId{};
}

std::vector<ConnectionId> Blame::SendersOf(const OpenPiece& piece,
                                           const std::vector<uint32_t>& bad_blocks) {
  std::vector<ConnectionId> senders;
  for (const uint32_t block : bad_blocks) {
    if (block < piece.blocks.size()) AddOnce(&senders, piece.blocks[block].sender);
  }
  return senders;
}

std::vector<ConnectionId> Blame::OnVerified(const OpenPiece& piece) {
  std::vector<ConnectionId> guilty;
  const auto found = suspicions_.find(piece.piece);
  if (found == suspicions_.end()) return guilty;
  for (const Suspicion& suspicion : found->second) {
    const Payload* payload = piece.assembly.payload(suspicion.block);
    if (payload == nullptr || DigestOf(*payload) == suspicion.digest) continue;
    AddOnce(&guilty, suspicion.sender);
  }
  suspicions_.erase(found);
  return guilty;
}

}  // namespace starling::peer
