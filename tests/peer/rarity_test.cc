#include "peer/rarity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace starling::peer {
namespace {

bool IsSorted(const Rarity& rarity) {
  return std::is_sorted(
      rarity.order().begin(), rarity.order().end(),
      [&](PieceIndex a, PieceIndex b) { return rarity.availability(a) < rarity.availability(b); });
}

TEST(Rarity, StaysSortedThroughAnyChanges) {
  constexpr uint32_t kPieces = 50;
  Rarity rarity(kPieces, 1);
  SeededRandom random(7);
  std::vector<uint32_t> counts(kPieces, 0);
  std::vector<bool> listed(kPieces, false);
  for (int i = 0; i < 20'000; ++i) {
    const PieceIndex piece(static_cast<uint32_t>(random.Below(kPieces)));
    const uint64_t what = random.Below(4);
    if (what == 0 && counts[piece.value()] < 20) {
      rarity.Increment(piece);
      ++counts[piece.value()];
    } else if (what == 1 && counts[piece.value()] > 0) {
      rarity.Decrement(piece);
      --counts[piece.value()];
    } else if (what == 2 && !listed[piece.value()]) {
      rarity.List(piece);
      listed[piece.value()] = true;
    } else if (what == 3 && listed[piece.value()]) {
      rarity.Unlist(piece);
      listed[piece.value()] = false;
    }
    ASSERT_TRUE(IsSorted(rarity)) << i;
  }
  const auto expected = static_cast<size_t>(std::count(listed.begin(), listed.end(), true));
  EXPECT_EQ(rarity.order().size(), expected);
  for (uint32_t i = 0; i < kPieces; ++i) {
    EXPECT_EQ(rarity.availability(PieceIndex(i)), counts[i]);
    EXPECT_EQ(rarity.IsListed(PieceIndex(i)), listed[i]);
  }
}

TEST(Rarity, CountsSeedsForEveryPiece) {
  Rarity rarity(3, 1);
  rarity.AddSeed();
  rarity.Increment(PieceIndex(1));
  EXPECT_EQ(rarity.availability(PieceIndex(0)), 1u);
  EXPECT_EQ(rarity.availability(PieceIndex(1)), 2u);
  EXPECT_DOUBLE_EQ(rarity.distributed_copies(), 1 + 1.0 / 3);
  rarity.RemoveSeed();
  EXPECT_DOUBLE_EQ(rarity.distributed_copies(), 1.0 / 3);
}

TEST(Rarity, MixesEqualsWheneverOneEnters) {
  // The piece that was announced last must not always come first among its equals.
  int last_first = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rarity rarity(10, seed);
    for (PieceIndex piece(0); piece.value() < 10; ++piece) {
      rarity.List(piece);
      rarity.Increment(piece);
    }
    if (rarity.order().front() == PieceIndex(9)) ++last_first;
  }
  EXPECT_GT(last_first, 5);
  EXPECT_LT(last_first, 60);
}

}  // namespace
}  // namespace starling::peer
