#include "peer/picker.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "peer/piece_words.h"

namespace starling::peer {
namespace {

using storage::BlockRequest;

uint32_t CountLacking(const Pieces& pieces, const Bitfield& have) {
  const ByteView theirs = have.wire();
  const ByteView ours = pieces.have().wire();
  const ByteView wanted = pieces.wanted().wire();
  uint32_t count = 0;
  for (uint32_t i = 0; i < WordCount(have); ++i) {
    count += static_cast<uint32_t>(
        std::popcount(WordOf(theirs, i) & WordOf(wanted, i) & ~WordOf(ours, i)));
  }
  return count;
}

}  // namespace

void Picker::AddPeer(PeerPieces& peer) {
  RemovePeer(peer);
  CHECK(peer.have.size() == pieces_.count());
  peer.counted = true;
  peer.counted_as_seed = peer.have.all();
  if (peer.counted_as_seed) {
    pieces_.rarity().AddSeed();
  } else if (!peer.have.none()) {
    for (PieceIndex piece(0); piece.value() < pieces_.count(); ++piece) {
      if (peer.have.Has(piece)) pieces_.rarity().Increment(piece);
    }
  }
  peer.lacking = CountLacking(pieces_, peer.have);
  peer.nothing_at_epoch = 0;
}

void Picker::AddPiece(PeerPieces& peer, PieceIndex piece) {
  CHECK(peer.counted);
  if (!peer.have.Set(piece)) return;
  pieces_.rarity().Increment(piece);
  if (!pieces_.Lacks(piece)) return;
  ++peer.lacking;
  peer.nothing_at_epoch = 0;
}

void Picker::RemovePeer(PeerPieces& peer) {
  if (!peer.counted) return;
  peer.counted = false;
  peer.lacking = 0;
  if (peer.counted_as_seed) {
    pieces_.rarity().RemoveSeed();
    return;
  }
  for (PieceIndex piece(0); piece.value() < pieces_.count(); ++piece) {
    if (peer.have.Has(piece)) pieces_.rarity().Decrement(piece);
  }
}

bool Picker::OnHad(PeerPieces& peer, PieceIndex piece) const {
  if (!peer.counted || !peer.have.Has(piece) || peer.lacking == 0) return false;
  return --peer.lacking == 0;
}

void Picker::Pick(PeerPieces& peer, uint32_t count, const PickRules& rules,
                  std::vector<BlockRequest>* picked) {
  if (count == 0 || peer.lacking == 0) return;
  if (rules.only != nullptr) {
    PickOnly(peer, count, *rules.only, rules, picked);
    return;
  }
  if (peer.nothing_at_epoch == pieces_.epoch()) return;
  const size_t before = picked->size();
  uint32_t left = count;
  const bool in_turn = policy_->FinishesFirst(pieces_.have().count());
  if (rules.advised != nullptr) {
    left -= GoOn(peer, left, picked);
    left -= PickOnly(peer, left, *rules.advised, rules, picked);
  }
  if (!in_turn) left -= GoOn(peer, left, picked);
  while (left > 0) {
    OpenPiece* started = in_turn ? OldestStarted(peer) : RarestStarted(peer);
    const bool seeks = started == nullptr || !in_turn;
    const std::optional<PieceIndex> fresh =
        seeks && rules.may_open ? ChooseUnopened(peer) : std::nullopt;
    if (started == nullptr && !fresh.has_value()) break;
    const bool begins =
        fresh.has_value() && (started == nullptr || IsMuchRarer(*fresh, started->piece));
    left -= TakeFrom(begins ? pieces_.Open(*fresh) : *started, peer.id, left, picked);
  }
  if (left > 0 && rules.may_end_game && pieces_.in_end_game()) {
    const EndGame end_game = policy_->end_game();
    PickEndGame(peer, end_game.peers_a_block, std::min(left, end_game.blocks_a_peer), picked);
  }
  // Where opening was forbidden the search was not exhaustive.
  if (picked->size() == before && rules.may_open && rules.may_end_game) {
    peer.nothing_at_epoch = pieces_.epoch();
  }
}

// The pieces that this peer began: whoever is slow does not hold up what others finish, and a piece
// that is spoiled has few senders.
uint32_t Picker::GoOn(const PeerPieces& peer, uint32_t count, std::vector<BlockRequest>* picked) {
  uint32_t taken = 0;
  if (pieces_.free_blocks() == 0) return taken;
  for (OpenPiece* piece : pieces_.open()) {
    if (taken == count) break;
    if (piece->begun_by == peer.id && MayTake(*piece, peer)) {
      taken += TakeFrom(*piece, peer.id, count - taken, picked);
    }
  }
  return taken;
}

bool Picker::MayTake(const OpenPiece& piece, const PeerPieces& peer) {
  return piece.free > 0 && peer.have.Has(piece.piece) && piece.IsOpenTo(peer.id);
}

OpenPiece* Picker::OldestStarted(const PeerPieces& peer) const {
  if (pieces_.free_blocks() == 0) return nullptr;
  for (OpenPiece* piece : pieces_.open()) {
    if (MayTake(*piece, peer)) return piece;
  }
  return nullptr;
}

OpenPiece* Picker::RarestStarted(const PeerPieces& peer) const {
  if (pieces_.free_blocks() == 0) return nullptr;
  OpenPiece* rarest = nullptr;
  for (OpenPiece* piece : pieces_.open()) {
    if (!MayTake(*piece, peer)) continue;
    if (rarest == nullptr || Availability(piece->piece) < Availability(rarest->piece)) {
      rarest = piece;
    }
  }
  return rarest;
}

bool Picker::IsMuchRarer(PieceIndex piece, PieceIndex other) const {
  return std::bit_width(Availability(piece)) < std::bit_width(Availability(other));
}

uint32_t Picker::TakeFrom(OpenPiece& piece, ConnectionId peer, uint32_t count,
                          std::vector<BlockRequest>* picked) {
  uint32_t taken = 0;
  while (taken < count && piece.free > 0) {
    uint32_t index = piece.free_from;
    while (!piece.blocks[index].is_free()) ++index;
    pieces_.Ask(piece, index, peer);
    picked->push_back(pieces_.geometry().BlockAt(piece.piece, index));
    ++taken;
  }
  return taken;
}

std::optional<PieceIndex> Picker::ChooseUnopened(const PeerPieces& peer) {
  if (pieces_.unopened().none()) return std::nullopt;
  const PieceChoice choice{peer.have, pieces_.unopened(), pieces_.rarity(), pieces_.have().count()};
  const std::optional<PieceIndex> chosen = policy_->Choose(choice, random_);
  CHECK(!chosen.has_value() || (peer.have.Has(*chosen) && pieces_.unopened().Has(*chosen)));
  return chosen;
}

uint32_t Picker::PickOnly(PeerPieces& peer, uint32_t count, const std::vector<PieceIndex>& pieces,
                          const PickRules& rules, std::vector<BlockRequest>* picked) {
  uint32_t taken = 0;
  for (const PieceIndex piece : pieces) {
    if (taken == count) break;
    if (!peer.have.Has(piece)) continue;
    OpenPiece* open = nullptr;
    if (pieces_.state(piece) == PieceState::kOpen) open = pieces_.Find(piece);
    if (pieces_.state(piece) == PieceState::kMissing && rules.may_open) open = &pieces_.Open(piece);
    if (open == nullptr || !open->IsOpenTo(peer.id)) continue;
    taken += TakeFrom(*open, peer.id, count - taken, picked);
  }
  return taken;
}

// Blocks that fewest peers were asked for come first, so that the load spreads.
uint32_t Picker::PickEndGame(const PeerPieces& peer, uint32_t peers_a_block, uint32_t count,
                             std::vector<BlockRequest>* picked) {
  uint32_t taken = 0;
  size_t most = 1;  // that one block was asked of, as far as was seen
  for (size_t asked = 1; asked < peers_a_block && asked <= most && taken < count; ++asked) {
    for (OpenPiece* piece : pieces_.open()) {
      if (!peer.have.Has(piece->piece) || !piece->IsOpenTo(peer.id)) continue;
      for (uint32_t i = 0; i < piece->blocks.size() && taken < count; ++i) {
        const Block& block = piece->blocks[i];
        most = std::max<size_t>(most, block.requesters.size());
        if (block.is_here() || block.requesters.size() != asked || block.IsAskedOf(peer.id)) {
          continue;
        }
        pieces_.Ask(*piece, i, peer.id);
        picked->push_back(pieces_.geometry().BlockAt(piece->piece, i));
        ++taken;
      }
    }
  }
  return taken;
}

}  // namespace starling::peer
