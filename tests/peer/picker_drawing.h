// States of pieces drawn as text, a letter a piece, so that a test of the picker shows its case:
//
//   PickerDrawing drawing("2223333",    // how many peers have each piece
//                         "* * *  ");   // what we have; 'x' is a piece that we do not want
//   PeerPieces& peer = drawing.Peer("*****  ");
//   EXPECT_EQ(drawing.Pick(peer, 2), "0.0 0.1");   // piece.block
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "peer/picker.h"
#include "peer/torrent.h"

namespace starling::peer {

class PickerDrawing {
 public:
  // `blocks` a piece.
  explicit PickerDrawing(absl::string_view availability, absl::string_view have = "",
                         uint32_t blocks = 2, bool sequential = false, uint64_t seed = 1)
      : PickerDrawing(availability, have, blocks, sequential ? MakeSequential() : MakeRarestFirst(),
                      seed) {}
  PickerDrawing(absl::string_view availability, absl::string_view have, uint32_t blocks,
                std::unique_ptr<PiecePolicy> policy, uint64_t seed = 1)
      : size_(static_cast<uint32_t>(availability.size())), memory_(1 << 30), random_(seed) {
    Bitfield had(size_);
    Bitfield wanted(size_, true);
    for (uint32_t i = 0; i < have.size(); ++i) {
      if (have[i] == '*') had.Set(PieceIndex(i));
      if (have[i] == 'x') wanted.Clear(PieceIndex(i));
    }
    const uint32_t piece_length = blocks * storage::kBlockSize;
    pieces =
        std::make_unique<Pieces>(PieceGeometry{size_, piece_length, uint64_t{size_} * piece_length},
                                 wanted, had, memory_, seed);
    picker = std::make_unique<Picker>(*pieces, random_, std::move(policy));
    for (char level = '1'; level <= '9'; ++level) {
      std::string row;
      for (const char count : std::string(availability)) row += count >= level ? '*' : ' ';
      if (row.find('*') != std::string::npos) Peer(row);
    }
  }

  Bitfield Row(absl::string_view row) const {
    Bitfield bits(size_);
    for (uint32_t i = 0; i < row.size(); ++i) {
      if (row[i] == '*') bits.Set(PieceIndex(i));
    }
    return bits;
  }
  // A peer that has the pieces marked by a star.
  PeerPieces& Peer(absl::string_view row) {
    peers_.push_back(std::make_unique<PeerPieces>());
    PeerPieces& peer = *peers_.back();
    peer.id = ConnectionId{peers_.size()};
    peer.have = Row(row);
    picker->AddPeer(peer);
    return peer;
  }
  // Asks for blocks and names them, sorted if the order is drawn.
  std::string Pick(PeerPieces& peer, uint32_t count, const PickRules& rules = {}) {
    last.clear();
    picker->Pick(peer, count, rules, &last);
    return absl::StrJoin(last, " ", [](std::string* out, const storage::BlockRequest& block) {
      absl::StrAppend(out, block.piece.value(), ".", block.offset / storage::kBlockSize);
    });
  }
  // The pieces of what a pick names, each once, in order of index.
  std::string PickedPieces(PeerPieces& peer, uint32_t count) {
    Pick(peer, count);
    std::vector<uint32_t> found;
    for (const storage::BlockRequest& block : last) found.push_back(block.piece.value());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return absl::StrJoin(found, " ");
  }
  storage::BlockRequest BlockAt(uint32_t piece, uint32_t block) const {
    return pieces->geometry().BlockAt(PieceIndex(piece), block);
  }
  // The block is here; names who else is to be told.
  std::string Arrive(uint32_t piece, uint32_t block, const PeerPieces& from) {
    Requesters others;
    Payload payload;
    payload.push_back(Slice::Static(AsBytes("content")));
    if (!pieces->Arrive(Time{}, BlockAt(piece, block), from.id, payload, 7, &others)) return "no";
    return absl::StrJoin(others, " ", [](std::string* out, ConnectionId id) {
      absl::StrAppend(out, static_cast<uint64_t>(id));
    });
  }
  void Store(uint32_t piece) {
    pieces->BeginStoring(PieceIndex(piece));
    pieces->FinishStoring(PieceIndex(piece));
    for (const auto& peer : peers_) picker->OnHad(*peer, PieceIndex(piece));
  }
  // One letter a piece: U unwanted, . missing, o open, s storing, * had.
  std::string States() const {
    std::string text;
    for (uint32_t i = 0; i < size_; ++i) {
      text += "U.os*"[static_cast<size_t>(pieces->state(PieceIndex(i)))];
    }
    return text;
  }
  uint64_t memory_used() const { return memory_.used(); }

  std::unique_ptr<Pieces> pieces;
  std::unique_ptr<Picker> picker;
  std::vector<storage::BlockRequest> last;

 private:
  uint32_t size_;
  UnfinishedMemory memory_;
  SeededRandom random_;
  std::vector<std::unique_ptr<PeerPieces>> peers_;
};

}  // namespace starling::peer
