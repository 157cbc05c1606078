#include "peer/first_copies.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

constexpr ConnectionId kAnna{1};
constexpr ConnectionId kBen{2};

struct Advised {
  explicit Advised(uint32_t pieces) : random(1), rarity(pieces, 1), copies(pieces, random) {}
  std::vector<PieceIndex> Tell(ConnectionId peer) {
    std::vector<PieceIndex> pieces;
    copies.Advise(peer, rarity, &pieces);
    return pieces;
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
      advised.copies.OnBegun(peer, pieces[0]);
    }
  }
  // Both take ten; while they may come to have them nobody else is sent for the same.
  EXPECT_TRUE(advised.Tell(kAnna).empty());
  EXPECT_FALSE(advised.copies.over());
}

TEST(FirstCopies, LeavesOutWhatIsOutAlready) {
  Advised advised(3);
  advised.rarity.Increment(PieceIndex(0));
  advised.rarity.Increment(PieceIndex(2));
  EXPECT_EQ(advised.Tell(kAnna), std::vector<PieceIndex>{PieceIndex(1)});
  EXPECT_TRUE(advised.Tell(kBen).empty());
}

TEST(FirstCopies, IsOverOnceEveryPieceIsOut) {
  Advised advised(3);
  for (uint32_t i = 0; i < 3; ++i) {
    const std::vector<PieceIndex> pieces = advised.Tell(kAnna);
    ASSERT_EQ(pieces.size(), 1u);
    advised.copies.OnBegun(kAnna, pieces[0]);
    EXPECT_FALSE(advised.copies.over());
  }
  for (uint32_t i = 0; i < 3; ++i) advised.rarity.Increment(PieceIndex(i));
  EXPECT_TRUE(advised.Tell(kAnna).empty());
  EXPECT_TRUE(advised.copies.over());
}

TEST(FirstCopies, GivesToAnotherWhatAPeerLeftWith) {
  Advised advised(1);
  ASSERT_EQ(advised.Tell(kAnna).size(), 1u);
  advised.copies.OnBegun(kAnna, PieceIndex(0));
  EXPECT_TRUE(advised.Tell(kBen).empty());
  advised.copies.Forget(kAnna);
  EXPECT_EQ(advised.Tell(kBen).size(), 1u);
}

TEST(FirstCopies, TellsMoreToWhomItHadTooLittleToTell) {
  Advised advised(100);
  const PieceIndex of_ben = advised.Tell(kBen)[0];
  ASSERT_EQ(advised.Tell(kAnna).size(), 1u);
  uint32_t told = 1;
  for (uint32_t i = 0; i < 10; ++i) {
    advised.copies.OnBegun(kAnna, of_ben);  // what Ben was to take
    told += static_cast<uint32_t>(advised.Tell(kAnna).size());
  }
  EXPECT_EQ(told, FirstCopies::kAheadMax);
}

TEST(FirstCopies, CountsAPieceTakenUnadvisedAsGiven) {
  Advised advised(2);
  const PieceIndex first = advised.Tell(kAnna)[0];
  const PieceIndex other(1 - first.value());
  advised.copies.OnBegun(kAnna, other);
  EXPECT_TRUE(advised.Tell(kBen).empty());
}

TEST(FirstCopies, HoldsOnlySoMuchOfWhoNeverTellsWhatItHas) {
  constexpr uint32_t kPieces = 3 * FirstCopies::kTakingMax;
  Advised advised(kPieces);
  for (uint32_t i = 0; i < kPieces; ++i) {
    const std::vector<PieceIndex> pieces = advised.Tell(kAnna);
    ASSERT_EQ(pieces.size(), 1u);
    advised.copies.OnBegun(kAnna, pieces[0]);
  }
  // Of its 192 pieces all but the last 64 are held lost and given to others.
  std::set<uint32_t> told;
  for (uint32_t i = 0; i < kPieces; ++i) {
    for (const PieceIndex piece : advised.Tell(kBen)) {
      told.insert(piece.value());
      advised.copies.OnBegun(kBen, piece);
      advised.rarity.Increment(piece);
    }
  }
  EXPECT_EQ(told.size(), kPieces - FirstCopies::kTakingMax);
}

// The piece that the peer was last advised to take; kNone if it was not.
constexpr uint32_t kNone = ~uint32_t{0};
uint32_t LastSuggested(const ScriptedPeer& peer) {
  uint32_t piece = kNone;
  for (const std::string& line : peer.heard) {
    if (line.rfind("suggest ", 0) == 0) piece = static_cast<uint32_t>(std::stoul(line.substr(8)));
  }
  return piece;
}

TEST(FirstCopiesTorrent, ASeedAdvisesWhomItServes) {
  Served served;
  EXPECT_EQ(served.peer.CountHeard("suggest"), 0);
  served.BeUnchoked();
  const uint32_t first = LastSuggested(served.peer);
  ASSERT_NE(first, kNone);

  ScriptedPeer other(served.world, 2);
  other.Join(served.seeder);
  other.Say(Interested{});
  ASSERT_TRUE(other.Heard("unchoke"));
  EXPECT_NE(LastSuggested(other), kNone);
  EXPECT_NE(LastSuggested(other), first);

  // With half of it asked for it may know the next one.
  served.peer.Send(Request{BlockOf(first, 0)});
  served.peer.Say(Request{BlockOf(first, 1)});
  EXPECT_EQ(LastSuggested(served.peer), first);
  served.peer.Say(Request{BlockOf(first, 2)});
  EXPECT_EQ(served.peer.CountHeard("suggest"), 2);
  EXPECT_NE(LastSuggested(served.peer), first);
}

TEST(FirstCopiesTorrent, SaysNothingToAPeerWithoutTheFastExtension) {
  Served served(/*fast=*/false);
  served.BeUnchoked();
  served.peer.Say(Request{BlockOf(0)});
  EXPECT_EQ(served.peer.CountHeard("suggest"), 0);
  EXPECT_EQ(served.peer.CountHeard("piece"), 1);
}

TEST(FirstCopiesTorrent, FallsSilentOnceEveryPieceIsOut) {
  Served served;
  for (uint32_t i = 0; i < 7; ++i) served.peer.Send(Have{PieceIndex(i)});
  served.BeUnchoked();
  EXPECT_EQ(LastSuggested(served.peer), 7u);
  ScriptedPeer other(served.world, 2);
  other.Join(served.seeder);
  other.Say(Have{PieceIndex(7)});
  other.Say(Interested{});
  ASSERT_TRUE(other.Heard("unchoke"));
  EXPECT_EQ(other.CountHeard("suggest"), 0);
}

// Ten leechers who each know only the seed and two others fetch from it what their neighbours
// cannot tell them that somebody has.
TEST(FirstCopiesTorrent, ASwarmGetsItsFirstCopyInLittleMoreThanACopy) {
  const auto copies_until_all_is_out = [](bool first_copies) {
    TorrentWorld world(TestTorrent(100));
    HostOptions options;
    options.first_copies = first_copies;
    options.up_rate = 200'000;
    TorrentHost& seeder = world.AddSeeder(options);
    std::vector<TorrentHost*> leechers;
    for (int i = 0; i < 10; ++i) leechers.push_back(&world.AddLeecher(options));
    for (size_t i = 0; i < leechers.size(); ++i) {
      leechers[i]->Meet(seeder);
      leechers[i]->Meet(*leechers[(i + 1) % leechers.size()]);
    }
    const bool done = world.RunUntil([&] {
      for (uint32_t i = 0; i < 100; ++i) {
        bool is_out = false;
        for (TorrentHost* leecher : leechers) {
          const Bitfield* have = leecher->torrent().have();
          is_out = is_out || (have != nullptr && have->Has(PieceIndex(i)));
        }
        if (!is_out) return false;
      }
      return true;
    });
    EXPECT_TRUE(done);
    return static_cast<double>(seeder.counts().uploaded) /
           static_cast<double>(world.test.content.size());
  };
  const double with = copies_until_all_is_out(true);
  const double without = copies_until_all_is_out(false);
  EXPECT_LT(with, 1.15) << "without: " << without;
  EXPECT_LT(with, without - 0.1) << "without: " << without;
}

}  // namespace
}  // namespace starling::peer
