#include "peer/pieces.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::peer {

using storage::BlockRequest;
using storage::kBlockSize;

bool Block::IsAskedOf(ConnectionId peer) const {
  return std::find(requesters.begin(), requesters.end(), peer) != requesters.end();
}

uint32_t PieceGeometry::PieceSize(PieceIndex piece) const {
  const uint64_t begin = uint64_t{piece.value()} * piece_length;
  return static_cast<uint32_t>(std::min<uint64_t>(piece_length, total_size - begin));
}

uint32_t PieceGeometry::BlocksIn(PieceIndex piece) const {
  return (PieceSize(piece) + kBlockSize - 1) / kBlockSize;
}

BlockRequest PieceGeometry::BlockAt(PieceIndex piece, uint32_t index) const {
  const uint32_t offset = index * kBlockSize;
  return {piece, offset, std::min(kBlockSize, PieceSize(piece) - offset)};
}

bool PieceGeometry::IsBlock(const BlockRequest& block) const {
  return block.piece.value() < piece_count && block.offset % kBlockSize == 0 &&
         block.offset < PieceSize(block.piece) &&
         block.length == std::min(kBlockSize, PieceSize(block.piece) - block.offset);
}

Pieces::Pieces(const PieceGeometry& geometry, const Bitfield& wanted, const Bitfield& have,
               UnfinishedMemory& memory, uint64_t seed)
    : geometry_(geometry),
      memory_(memory),
      states_(geometry.piece_count, PieceState::kUnwanted),
      have_(have),
      wanted_(wanted),
      unopened_(geometry.piece_count),
      spoiled_(geometry.piece_count),
      rarity_(geometry.piece_count, seed) {
  CHECK(wanted.size() == geometry.piece_count && have.size() == geometry.piece_count);
  for (PieceIndex piece(0); piece.value() < geometry.piece_count; ++piece) {
    if (have_.Has(piece)) {
      states_[piece.value()] = PieceState::kHad;
    } else if (wanted_.Has(piece)) {
      states_[piece.value()] = PieceState::kMissing;
      unopened_.Set(piece);
      rarity_.List(piece);
      ++lacking_;
    }
  }
}

std::vector<Pieces::Unfinished>::iterator Pieces::Slot(PieceIndex piece) {
  const auto at = std::lower_bound(unfinished_.begin(), unfinished_.end(), piece);
  CHECK(at != unfinished_.end() && at->index == piece);
  return at;
}

OpenPiece* Pieces::Find(PieceIndex piece) {
  if (piece.value() >= count()) return nullptr;
  const PieceState state = states_[piece.value()];
  if (state != PieceState::kOpen && state != PieceState::kStoring) return nullptr;
  return Slot(piece)->piece.get();
}

OpenPiece& Pieces::Open(PieceIndex piece) {
  CHECK(state(piece) == PieceState::kMissing);
  auto opened = std::make_unique<OpenPiece>(piece, geometry_.BlocksIn(piece), memory_);
  OpenPiece& result = *opened;
  result.solo = spoiled_.Has(piece);
  unfinished_.insert(std::lower_bound(unfinished_.begin(), unfinished_.end(), piece),
                     Unfinished{piece, std::move(opened)});
  open_.push_back(&result);
  states_[piece.value()] = PieceState::kOpen;
  unopened_.Clear(piece);
  rarity_.Unlist(piece);
  free_blocks_ += result.free;
  ++epoch_;
  return result;
}

void Pieces::Ask(OpenPiece& piece, uint32_t index, ConnectionId peer) {
  Block& block = piece.blocks[index];
  CHECK(!block.is_here() && !block.IsAskedOf(peer));
  if (!piece.is_asked_for()) piece.begun_by = peer;
  if (block.requesters.empty()) {
    --piece.free;
    --free_blocks_;
    while (piece.free_from < piece.blocks.size() &&
           (piece.free_from == index || !piece.blocks[piece.free_from].is_free())) {
      ++piece.free_from;
    }
  }
  block.requesters.push_back(peer);
  if (piece.solo) piece.solo_owner = peer;
  if (in_end_game()) ++epoch_;
}

void Pieces::MakeFree(OpenPiece& piece, uint32_t block) {
  ++piece.free;
  ++free_blocks_;
  ++epoch_;
  piece.free_from = std::min(piece.free_from, block);
}

void Pieces::Unask(const BlockRequest& request, ConnectionId peer) {
  OpenPiece* piece = Find(request.piece);
  const uint32_t index = request.offset / kBlockSize;
  if (piece == nullptr || index >= piece->blocks.size()) return;
  Block& block = piece->blocks[index];
  const auto at = std::find(block.requesters.begin(), block.requesters.end(), peer);
  if (at == block.requesters.end()) return;
  block.requesters.erase(at);
  if (block.is_free()) {
    MakeFree(*piece, index);
    CloseIfEmpty(*piece);
  } else {
    ++epoch_;  // in the end game others may ask for it again
  }
}

bool Pieces::Arrive(Time now, const BlockRequest& request, ConnectionId from, Payload payload,
                    uint64_t charge, Requesters* others) {
  others->clear();
  OpenPiece* piece = Find(request.piece);
  if (piece == nullptr || !geometry_.IsBlock(request)) return false;
  const uint32_t index = request.offset / kBlockSize;
  Block& block = piece->blocks[index];
  if (block.is_here() || !piece->IsOpenTo(from)) return false;
  if (block.requesters.empty()) {
    // It was taken back from a slow peer, and that one brings it after all.
    --piece->free;
    --free_blocks_;
  }
  for (const ConnectionId peer : block.requesters) {
    if (peer != from) others->push_back(peer);
  }
  block.requesters.clear();
  block.sender = from;
  if (piece->solo) piece->solo_owner = from;
  ++piece->here;
  piece->assembly.Add(now, index, std::move(payload), charge);
  return true;
}

void Pieces::Lose(OpenPiece& piece, uint32_t index) {
  Block& block = piece.blocks[index];
  if (!block.is_here()) return;
  piece.assembly.Drop(index);
  block.sender = ConnectionId{};
  --piece.here;
  MakeFree(piece, index);
}

void Pieces::DropFrom(ConnectionId peer) {
  const std::vector<OpenPiece*> open(open_);
  for (OpenPiece* piece : open) {
    for (uint32_t i = 0; i < piece->blocks.size(); ++i) {
      if (piece->blocks[i].sender == peer) Lose(*piece, i);
    }
    CloseIfEmpty(*piece);
  }
}

void Pieces::EndSolo(ConnectionId peer) {
  const std::vector<OpenPiece*> open(open_);
  for (OpenPiece* piece : open) {
    if (!piece->solo || piece->solo_owner != peer) continue;
    for (uint32_t i = 0; i < piece->blocks.size(); ++i) {
      if (piece->blocks[i].is_here()) Lose(*piece, i);
    }
    piece->solo_owner = ConnectionId{};
    ++epoch_;
    CloseIfEmpty(*piece);
  }
}

// A piece that nobody works on and nothing came of is as good as never begun: another one may be
// rarer by now.
void Pieces::CloseIfEmpty(OpenPiece& piece) {
  if (piece.free < piece.blocks.size() || piece.assembly.writing()) return;
  const PieceIndex index = piece.piece;
  Close(piece);
  states_[index.value()] = PieceState::kMissing;
  unopened_.Set(index);
  rarity_.List(index);
  ++epoch_;
}

void Pieces::Close(OpenPiece& piece) {
  free_blocks_ -= piece.free;
  const auto listed = std::find(open_.begin(), open_.end(), &piece);
  if (listed != open_.end()) open_.erase(listed);
  unfinished_.erase(Slot(piece.piece));
}

void Pieces::BeginStoring(PieceIndex piece) {
  OpenPiece* open = Find(piece);
  CHECK(open != nullptr && open->is_complete() && !open->assembly.writing());
  states_[piece.value()] = PieceState::kStoring;
  open_.erase(std::find(open_.begin(), open_.end(), open));
}

void Pieces::FinishStoring(PieceIndex piece) {
  CHECK(state(piece) == PieceState::kStoring);
  Close(*Find(piece));
  states_[piece.value()] = PieceState::kHad;
  have_.Set(piece);
  spoiled_.Clear(piece);
  if (wanted_.Has(piece)) --lacking_;
}

void Pieces::FailStoring(PieceIndex piece, bool solo) {
  CHECK(state(piece) == PieceState::kStoring);
  Close(*Find(piece));
  states_[piece.value()] = PieceState::kMissing;
  if (solo) {
    spoiled_.Set(piece);
  } else {
    spoiled_.Clear(piece);
  }
  unopened_.Set(piece);
  rarity_.List(piece);
  ++epoch_;
}

}  // namespace starling::peer
