// Which blocks to ask a peer for (BEP 3; simulation targets, section 4): of started pieces first,
// then of a new piece, which the policy names. Each block is asked of one peer at a time, until
// every missing block is asked for: in that end game the rest is asked of a second one, or, as the
// policy says, of all.
//
// Started pieces come first, but not at any price: with rarest first, a peer that has a piece
// which only about half as many have as those that are started begins that one. Else whoever is
// served by the only seed spends its turn on the leftovers of common pieces, the seed sends them
// again and again, and the swarm waits for what nobody else has (measured: three copies sent before
// anybody is done, against less than one and a half).
//
// Cost: nothing is linear in the number of pieces for a request. Opening a piece by rarity looks at
// a bounded number of the rarest ones and then, for a peer that has few pieces, at 64 pieces a
// step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bitfield.h"
#include "base/random.h"
#include "peer/choker.h"
#include "peer/piece_policy.h"
#include "peer/pieces.h"
#include "storage/piece_store.h"

namespace starling::peer {

// What the picker knows of one peer; it belongs to the connection.
struct PeerPieces {
  ConnectionId id{};
  Bitfield have;
  bool counted = false;           // in the availability of the pieces
  bool counted_as_seed = false;   // as one who has all
  uint32_t lacking = 0;           // pieces that it has and we lack: are we interested?
  uint64_t nothing_at_epoch = 0;  // the last search found nothing, and nothing changed since
};

struct PickRules {
  bool may_open = true;      // begin pieces that nobody works on
  bool may_end_game = true;  // ask for what others were asked for
  // While choked: only these pieces (BEP 6 allowed fast). Null: all.
  const std::vector<PieceIndex>* only = nullptr;
  // By the peer (BEP 6, suggest piece), or null: begun before others, but what was begun with the
  // peer comes first, or whoever is told of many would finish none.
  const std::vector<PieceIndex>* advised = nullptr;
};

class Picker {
 public:
  Picker(Pieces& pieces, Random& random, std::unique_ptr<PiecePolicy> policy)
      : pieces_(pieces), random_(random), policy_(std::move(policy)) {}

  const PiecePolicy& policy() const { return *policy_; }

  // The peer's pieces became known, grew by one, or left with it.
  void AddPeer(PeerPieces& peer);
  void AddPiece(PeerPieces& peer, PieceIndex piece);
  void RemovePeer(PeerPieces& peer);
  // A piece is had now: `peer` has one less that we lack. True if it has none left.
  bool OnHad(PeerPieces& peer, PieceIndex piece) const;

  // Appends up to `count` blocks to ask `peer` for; they count as asked.
  void Pick(PeerPieces& peer, uint32_t count, const PickRules& rules,
            std::vector<storage::BlockRequest>* picked);

 private:
  static bool MayTake(const OpenPiece& piece, const PeerPieces& peer);
  uint32_t Availability(PieceIndex piece) const { return pieces_.rarity().availability(piece); }
  // Compared by the number of binary digits of how many have it: about half as many, or fewer.
  bool IsMuchRarer(PieceIndex piece, PieceIndex other) const;
  // Started pieces with free blocks for this peer; null: none.
  OpenPiece* OldestStarted(const PeerPieces& peer) const;
  OpenPiece* RarestStarted(const PeerPieces& peer) const;
  uint32_t GoOn(const PeerPieces& peer, uint32_t count, std::vector<storage::BlockRequest>* picked);
  uint32_t TakeFrom(OpenPiece& piece, ConnectionId peer, uint32_t count,
                    std::vector<storage::BlockRequest>* picked);
  std::optional<PieceIndex> ChooseUnopened(const PeerPieces& peer);
  uint32_t PickOnly(PeerPieces& peer, uint32_t count, const std::vector<PieceIndex>& pieces,
                    const PickRules& rules, std::vector<storage::BlockRequest>* picked);
  uint32_t PickEndGame(const PeerPieces& peer, uint32_t peers_a_block, uint32_t count,
                       std::vector<storage::BlockRequest>* picked);

  Pieces& pieces_;
  Random& random_;
  std::unique_ptr<PiecePolicy> policy_;
};

}  // namespace starling::peer
