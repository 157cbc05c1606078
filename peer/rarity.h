// Pieces in order of rarity: one vector sorted by how many peers have a piece, with the end of each
// group of equals remembered. A change by one peer moves a piece across one border, which is one
// swap: O(1), however many pieces there are. Ties lie in random order, and stay random, because
// whatever enters a group takes the place of a random member.
//
// Peers that have everything are one number, since they change no order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bitfield.h"
#include "base/random.h"
#include "base/strong_int.h"

namespace starling::peer {

class Rarity {
 public:
  Rarity(uint32_t piece_count, uint64_t seed);

  // Which pieces are listed: those that one could begin. All are counted.
  void List(PieceIndex piece);
  void Unlist(PieceIndex piece);
  bool IsListed(PieceIndex piece) const { return position_[piece.value()] != kNowhere; }

  void Increment(PieceIndex piece);
  void Decrement(PieceIndex piece);
  void AddSeed() { ++seeds_; }
  void RemoveSeed() { --seeds_; }

  // The listed pieces, rarest first; valid until the next change.
  std::span<const PieceIndex> order() const { return order_; }
  // How many peers have it.
  uint32_t availability(PieceIndex piece) const { return seeds_ + count_[piece.value()]; }
  // Copies of the rarest piece of all, and the share of pieces that have more. Linear.
  double distributed_copies() const;

 private:
  static constexpr uint32_t kNowhere = ~uint32_t{0};
  void Swap(uint32_t a, uint32_t b);
  uint32_t GroupBegin(uint32_t group) const { return group == 0 ? 0 : group_end_[group - 1]; }
  void MoveUp(uint32_t position, uint32_t group);
  void MoveDown(uint32_t position, uint32_t group);
  void MixIn(uint32_t position, uint32_t group);

  std::vector<PieceIndex> order_;
  std::vector<uint32_t> position_;   // in order_, or kNowhere
  std::vector<uint16_t> count_;      // peers that have it, seeds not counted
  std::vector<uint32_t> group_end_;  // of the pieces with as many peers as the index
  uint32_t seeds_ = 0;
  // Which of two equally rare pieces comes first need not resist guessing, only be even; a system
  // generator would cost a call for each HAVE.
  SeededRandom random_;
};

}  // namespace starling::peer
