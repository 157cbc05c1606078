#include "peer/first_copies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/random.h"

namespace starling::peer {
namespace {

constexpr ConnectionId kAnna{1};
constexpr ConnectionId kBen{2};
constexpr uint32_t kBlocks = 4;  // of a piece

struct Advised {
  explicit Advised(uint32_t pieces) : Advised(Bitfield(pieces, true)) {}
  explicit Advised(const Bitfield& have)
      : random(1), rarity(have.size(), 1), copies(have, random) {}
  std::vector<PieceIndex> Tell(ConnectionId peer) {
    std::vector<PieceIndex> pieces;
    copies.Advise(peer, rarity, &pieces);
    return pieces;
  }
  void Ask(ConnectionId peer, PieceIndex piece, uint32_t block = 0) {
    copies.OnAsked(peer, {piece, block * storage::kBlockSize, storage::kBlockSize}, kBlocks,
                   rarity);
  }
  void Send(ConnectionId peer, PieceIndex piece, uint32_t block = 0) {
    copies.OnSent(peer, {piece, block * storage::kBlockSize, storage::kBlockSize});
  }
  void Begin(ConnectionId peer, PieceIndex piece) {
    Ask(peer, piece);
    Send(peer, piece);
  }
  // Asks for what is left of a piece that it has begun.
  void AskForTheRest(ConnectionId peer, PieceIndex piece) {
    for (uint32_t block = 1; block < kBlocks; ++block) Ask(peer, piece, block);
  }
  void Choke(ConnectionId peer, bool gets_the_rest = true) {
    copies.OnChoked(peer, gets_the_rest, rarity);
  }
  SeededRandom random;
  Rarity rarity;
  FirstCopies copies;
};

TEST(FirstCopies, GivesEveryPieceOnceBeforeAnyTwice) {
  Advised advised(20);
  std::set<uint32_t> told;
  for (int i = 0; i < 10; ++i) {
    for (const ConnectionId peer : {kAnna, kBen}) {
      const std::vector<PieceIndex> pieces = advised.Tell(peer);
      ASSERT_EQ(pieces.size(), 1u);
      EXPECT_TRUE(told.insert(pieces[0].value()).second) << "twice: " << pieces[0].value();
      advised.Begin(peer, pieces[0]);
    }
  }
  // Both take ten; while they may come to have them nobody else is sent for the same.
  EXPECT_TRUE(advised.Tell(kAnna).empty());
  EXPECT_FALSE(advised.copies.idle());
  for (uint32_t i = 0; i < 20; ++i) advised.rarity.Increment(PieceIndex(i));
  for (const ConnectionId peer : {kAnna, kBen}) EXPECT_TRUE(advised.Tell(peer).empty());
  EXPECT_TRUE(advised.copies.idle());
}

TEST(FirstCopies, LeavesOutWhatIsOutAlready) {
  Advised advised(3);
  advised.rarity.Increment(PieceIndex(0));
  advised.rarity.Increment(PieceIndex(2));
  EXPECT_EQ(advised.Tell(kAnna), std::vector<PieceIndex>{PieceIndex(1)});
  EXPECT_TRUE(advised.Tell(kBen).empty());
}

TEST(FirstCopies, SpeaksOnlyOfWhatItHas) {
  Bitfield have(5);
  have.Set(PieceIndex(3));
  Advised advised(have);
  EXPECT_EQ(advised.Tell(kAnna), std::vector<PieceIndex>{PieceIndex(3)});
  EXPECT_TRUE(advised.Tell(kBen).empty());
  EXPECT_TRUE(Advised(Bitfield(5)).copies.idle());
}

TEST(FirstCopies, FallsSilentUntilSomebodyLeavesWithAPiece) {
  Advised advised(3);
  for (uint32_t i = 0; i < 3; ++i) {
    const std::vector<PieceIndex> pieces = advised.Tell(kAnna);
    ASSERT_EQ(pieces.size(), 1u);
    advised.Begin(kAnna, pieces[0]);
    EXPECT_FALSE(advised.copies.idle());
  }
  for (uint32_t i = 0; i < 3; ++i) advised.rarity.Increment(PieceIndex(i));
  EXPECT_TRUE(advised.Tell(kAnna).empty());
  EXPECT_TRUE(advised.copies.idle());
  for (uint32_t i = 0; i < 3; ++i) advised.rarity.Decrement(PieceIndex(i));
  advised.copies.Forget(kAnna);
  EXPECT_FALSE(advised.copies.idle());
  EXPECT_EQ(advised.Tell(kBen).size(), 1u);
}

TEST(FirstCopies, GivesToAnotherWhatAPeerLeftWith) {
  Advised advised(1);
  ASSERT_EQ(advised.Tell(kAnna).size(), 1u);
  advised.Begin(kAnna, PieceIndex(0));
  EXPECT_TRUE(advised.Tell(kBen).empty());
  advised.copies.Forget(kAnna);
  EXPECT_EQ(advised.Tell(kBen).size(), 1u);
}

TEST(FirstCopies, AChokedPeerKeepsOnlyWhatItHasAPartOf) {
  Advised advised(3);
  const PieceIndex part = advised.Tell(kAnna)[0];
  advised.Begin(kAnna, part);
  const PieceIndex asked = advised.Tell(kAnna)[0];
  advised.Ask(kAnna, asked);  // and nothing of it was sent
  ASSERT_EQ(advised.Tell(kAnna).size(), 1u);
  EXPECT_TRUE(advised.Tell(kBen).empty());
  advised.Choke(kAnna);
  std::set<uint32_t> told;
  for (int i = 0; i < 3; ++i) {
    for (const PieceIndex piece : advised.Tell(kBen)) {
      told.insert(piece.value());
      advised.Begin(kBen, piece);
    }
  }
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(told.count(part.value()), 0u);
}

TEST(FirstCopies, KnowsWhoWouldLeaveWithAPartOfAPiece) {
  Advised advised(1);
  advised.Tell(kAnna);
  advised.Ask(kAnna, PieceIndex(0));
  EXPECT_FALSE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  advised.Send(kAnna, PieceIndex(0));
  EXPECT_TRUE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  EXPECT_FALSE(advised.copies.ProgressOf(kBen, advised.rarity).has_part);
  advised.rarity.Increment(PieceIndex(0));
  EXPECT_FALSE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
}

TEST(FirstCopies, ATurnThatEndsIsOverOnceAllIsAskedFor) {
  Advised advised(5);
  const PieceIndex begun = advised.Tell(kAnna)[0];
  advised.Begin(kAnna, begun);
  advised.copies.SetTurnEnds(kAnna, true);
  EXPECT_TRUE(advised.Tell(kAnna).empty()) << "it should not begin another";
  EXPECT_FALSE(advised.copies.IsTurnOver(kAnna, advised.rarity));
  EXPECT_FALSE(advised.copies.IsAskedToItsEnd(kAnna, begun));
  // What it begins unasked is none of our concern.
  const PieceIndex other((begun.value() + 2) % 5);
  advised.Begin(kAnna, other);
  EXPECT_FALSE(advised.copies.IsTaking(kAnna, other));
  advised.AskForTheRest(kAnna, begun);
  EXPECT_TRUE(advised.copies.IsTurnOver(kAnna, advised.rarity));
  EXPECT_TRUE(advised.copies.IsAskedToItsEnd(kAnna, begun));
  // It gets the rest although choked; nobody else is sent for it.
  advised.Choke(kAnna);
  EXPECT_TRUE(advised.copies.IsTaking(kAnna, begun));
  EXPECT_FALSE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  // Its next turn is one like any other.
  EXPECT_FALSE(advised.copies.IsTurnOver(kAnna, advised.rarity));
  EXPECT_EQ(advised.Tell(kAnna).size(), 1u);
}

// The round may find it at the end of a piece, where nothing needs to be put off.
TEST(FirstCopies, WhatWasAskedForToItsEndIsSentWheneverItIsChoked) {
  Advised advised(2);
  const PieceIndex begun = advised.Tell(kAnna)[0];
  advised.Begin(kAnna, begun);
  EXPECT_FALSE(advised.copies.IsAskedToItsEnd(kAnna, begun));
  advised.AskForTheRest(kAnna, begun);
  EXPECT_FALSE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  EXPECT_TRUE(advised.copies.IsAskedToItsEnd(kAnna, begun));
  advised.Choke(kAnna);
  EXPECT_TRUE(advised.copies.IsAskedToItsEnd(kAnna, begun));
  // Unchoked before all came, it may ask for the rest once more.
  advised.copies.OnUnchoked(kAnna);
  EXPECT_TRUE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
}

TEST(FirstCopies, ABlockCountsOnceHoweverOftenItIsAskedFor) {
  Advised advised(1);
  advised.Begin(kAnna, advised.Tell(kAnna)[0]);
  for (uint32_t i = 0; i < 2 * kBlocks; ++i) advised.Ask(kAnna, PieceIndex(0), 1);
  EXPECT_TRUE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  // One request for all of it is as good as four.
  advised.copies.OnAsked(kAnna, {PieceIndex(0), 0, kBlocks * storage::kBlockSize}, kBlocks,
                         advised.rarity);
  EXPECT_FALSE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  EXPECT_TRUE(advised.copies.ProgressOf(kAnna, advised.rarity).has_begun);
}

TEST(FirstCopies, WhoCannotBeToldOfARejectionKeepsAPart) {
  Advised advised(1);
  advised.Begin(kAnna, advised.Tell(kAnna)[0]);
  advised.copies.SetTurnEnds(kAnna, true);
  advised.AskForTheRest(kAnna, PieceIndex(0));
  advised.Choke(kAnna, /*gets_the_rest=*/false);
  EXPECT_TRUE(advised.copies.ProgressOf(kAnna, advised.rarity).has_part);
  EXPECT_TRUE(advised.Tell(kBen).empty());
}

TEST(FirstCopies, WhoDidNotTakeItInTimeLosesIt) {
  Advised advised(1);
  advised.Begin(kAnna, advised.Tell(kAnna)[0]);
  advised.copies.SetTurnEnds(kAnna, true);
  advised.Choke(kAnna);
  EXPECT_FALSE(advised.copies.IsTaking(kAnna, PieceIndex(0)));
  EXPECT_EQ(advised.Tell(kBen).size(), 1u);
}

TEST(FirstCopies, TellsMoreToWhomItHadTooLittleToTell) {
  Advised advised(100);
  const PieceIndex of_ben = advised.Tell(kBen)[0];
  advised.Begin(kBen, of_ben);
  PieceIndex latest = advised.Tell(kAnna)[0];
  size_t at_once = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    advised.Begin(kAnna, latest);
    advised.Begin(kAnna, of_ben);  // what Ben takes: it had room for more
    const std::vector<PieceIndex> pieces = advised.Tell(kAnna);
    at_once = std::max(at_once, pieces.size());
    ASSERT_FALSE(pieces.empty());
    latest = pieces.back();
    for (const PieceIndex piece : pieces) {
      if (piece != latest) advised.Begin(kAnna, piece);
    }
  }
  EXPECT_EQ(at_once, size_t{FirstCopies::kAheadMax});
}

TEST(FirstCopies, SparesWhoDoesNotListen) {
  Advised advised(100);
  const PieceIndex unheard = advised.Tell(kAnna)[0];
  for (uint32_t i = 0; i < FirstCopies::kUnheardMax; ++i) {
    advised.Begin(kAnna, PieceIndex((unheard.value() + 50 + i) % 100));
    advised.Tell(kAnna);
  }
  advised.Begin(kAnna, PieceIndex((unheard.value() + 70) % 100));
  EXPECT_TRUE(advised.Tell(kAnna).empty());
  // What it was told of is for others: 100 less the 17 that it takes.
  std::set<uint32_t> told;
  for (int i = 0; i < 100; ++i) {
    for (const PieceIndex piece : advised.Tell(kBen)) {
      told.insert(piece.value());
      advised.Begin(kBen, piece);
      advised.rarity.Increment(piece);
    }
  }
  EXPECT_EQ(told.size(), 83u);
}

TEST(FirstCopies, CountsAPieceTakenUnadvisedAsGiven) {
  Advised advised(2);
  const PieceIndex first = advised.Tell(kAnna)[0];
  advised.Begin(kAnna, PieceIndex(1 - first.value()));
  EXPECT_TRUE(advised.Tell(kBen).empty());
}

TEST(FirstCopies, HoldsOnlySoMuchOfWhoNeverTellsWhatItHas) {
  constexpr uint32_t kPieces = 3 * FirstCopies::kTakingMax;
  Advised advised(kPieces);
  for (uint32_t i = 0; i < kPieces; ++i) {
    const std::vector<PieceIndex> pieces = advised.Tell(kAnna);
    ASSERT_EQ(pieces.size(), 1u);
    advised.Begin(kAnna, pieces[0]);
  }
  // Of its 192 pieces all but the last 64 are held lost and given to others.
  std::set<uint32_t> told;
  for (uint32_t i = 0; i < kPieces; ++i) {
    for (const PieceIndex piece : advised.Tell(kBen)) {
      told.insert(piece.value());
      advised.Begin(kBen, piece);
      advised.rarity.Increment(piece);
    }
  }
  EXPECT_EQ(told.size(), kPieces - FirstCopies::kTakingMax);
}

}  // namespace
}  // namespace starling::peer
