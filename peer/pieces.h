// Every piece of a torrent in exactly one state, and the blocks of those that are open:
//
//   unwanted | missing -> open -> storing -> had
//                 ^---------'-------'  dropped, or its hash was wrong
//
// Open: some block was asked for or came. Storing: all blocks came and the store verifies them.
// A block of an open piece is free, asked for (by one peer, in the end game by several), or here.
// Nothing here talks to anybody: the torrent tells what happened, `Picker` decides what to ask for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/bitfield.h"
#include "base/strong_int.h"
#include "base/time.h"
#include "peer/choker.h"
#include "peer/piece_assembly.h"
#include "peer/rarity.h"
#include "storage/piece_store.h"

namespace starling::peer {

enum class PieceState : uint8_t { kUnwanted, kMissing, kOpen, kStoring, kHad };

using Requesters = absl::InlinedVector<ConnectionId, 1>;

struct Block {
  Requesters requesters;
  ConnectionId sender{};  // who brought it; 0: not here

  bool is_here() const { return sender != ConnectionId{}; }
  bool is_free() const { return !is_here() && requesters.empty(); }
  bool IsAskedOf(ConnectionId peer) const;
};

struct OpenPiece {
  OpenPiece(PieceIndex index, uint32_t block_count, UnfinishedMemory& memory)
      : piece(index), blocks(block_count), free(block_count), assembly(memory, block_count) {}

  PieceIndex piece;
  std::vector<Block> blocks;
  uint32_t free;           // blocks that are free
  uint32_t here = 0;       // blocks that came
  uint32_t free_from = 0;  // no block before this one is free
  // A piece that several peers spoiled is fetched from one peer alone, so that the guilty one is
  // found. `solo_owner` is that peer, 0 while nobody began.
  bool solo = false;
  ConnectionId solo_owner{};
  // Who was asked first, or first again after nobody was any more.
  ConnectionId begun_by{};
  PieceAssembly assembly;

  bool is_complete() const { return here == blocks.size(); }
  bool is_asked_for() const { return here + free < blocks.size(); }
  // May `peer` be asked for blocks of it?
  bool IsOpenTo(ConnectionId peer) const {
    return !solo || solo_owner == ConnectionId{} || solo_owner == peer;
  }
};

// How content is cut.
struct PieceGeometry {
  uint32_t piece_count = 0;
  uint32_t piece_length = 0;
  uint64_t total_size = 0;

  uint32_t PieceSize(PieceIndex piece) const;
  uint32_t BlocksIn(PieceIndex piece) const;
  storage::BlockRequest BlockAt(PieceIndex piece, uint32_t index) const;
  // Is it a block as we cut them: at a multiple of 16 KiB, of full length or the piece's last?
  bool IsBlock(const storage::BlockRequest& block) const;
};

class Pieces {
 public:
  Pieces(const PieceGeometry& geometry, const Bitfield& wanted, const Bitfield& have,
         UnfinishedMemory& memory, uint64_t seed);

  const PieceGeometry& geometry() const { return geometry_; }
  uint32_t count() const { return geometry_.piece_count; }
  PieceState state(PieceIndex piece) const { return states_[piece.value()]; }
  const Bitfield& have() const { return have_; }
  const Bitfield& wanted() const { return wanted_; }  // had ones included
  const Bitfield& unopened() const { return unopened_; }
  bool Lacks(PieceIndex piece) const { return wanted_.Has(piece) && !have_.Has(piece); }
  // Wanted and not had.
  uint32_t lacking() const { return lacking_; }
  Rarity& rarity() { return rarity_; }
  const Rarity& rarity() const { return rarity_; }

  // Open pieces in the order in which they were opened; storing ones are not among them.
  std::span<OpenPiece* const> open() const { return open_; }
  OpenPiece* Find(PieceIndex piece);  // open or storing, else null
  // Free blocks of all open pieces.
  uint32_t free_blocks() const { return free_blocks_; }
  // Changes whenever something may have become pickable that was not.
  uint64_t epoch() const { return epoch_; }
  // Every block of every wanted piece is here or asked for.
  bool in_end_game() const { return free_blocks_ == 0 && unopened_.none() && !open_.empty(); }

  // Begins a missing piece.
  OpenPiece& Open(PieceIndex piece);
  void Ask(OpenPiece& piece, uint32_t block, ConnectionId peer);
  // The peer will not bring it: rejected, choked, gone, or too slow. Unknown ones are ignored.
  void Unask(const storage::BlockRequest& block, ConnectionId peer);
  // A block is here. False if nobody lacks it. `others` are the further peers it was asked of.
  bool Arrive(Time now, const storage::BlockRequest& block, ConnectionId from, Payload payload,
              uint64_t charge, Requesters* others);
  // Forgets what `peer` brought to open pieces.
  void DropFrom(ConnectionId peer);
  // The peer is gone or stalls: solo pieces that it had for itself begin again with another.
  void EndSolo(ConnectionId peer);
  // A spilled block could not be written and is free again.
  void Lose(OpenPiece& piece, uint32_t block);

  void BeginStoring(PieceIndex piece);
  void FinishStoring(PieceIndex piece);  // it is had
  // It is missing again; `solo`: to be fetched from one peer alone.
  void FailStoring(PieceIndex piece, bool solo);

 private:
  void MakeFree(OpenPiece& piece, uint32_t block);
  void CloseIfEmpty(OpenPiece& piece);
  void Close(OpenPiece& piece);
  struct Unfinished {
    PieceIndex index;
    std::unique_ptr<OpenPiece> piece;
    bool operator<(PieceIndex other) const { return index < other; }
  };
  std::vector<Unfinished>::iterator Slot(PieceIndex piece);

  PieceGeometry geometry_;
  UnfinishedMemory& memory_;
  std::vector<PieceState> states_;
  Bitfield have_;
  Bitfield wanted_;
  Bitfield unopened_;
  Bitfield spoiled_;  // to be fetched solo
  Rarity rarity_;
  std::vector<OpenPiece*> open_;
  std::vector<Unfinished> unfinished_;  // sorted by piece; open and storing
  uint32_t lacking_ = 0;
  uint32_t free_blocks_ = 0;
  uint64_t epoch_ = 1;
};

}  // namespace starling::peer
