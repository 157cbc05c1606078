#include "peer/first_copies.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  explicit Advised(uint32_t pieces) : Advised(Bitfield(pieces, true)) {}
  explicit Advised(const Bitfield& have)
      : random(1), rarity(have.size(), 1), copies(have, random) {}
  std::vector<PieceIndex> Tell(ConnectionId peer) {
    std::vector<PieceIndex> pieces;
    copies.Advise(peer, rarity, &pieces);
    return pieces;
  }
  void Begin(ConnectionId peer, PieceIndex piece) {
    copies.OnAsked(peer, piece, true);
    copies.OnSent(peer, piece);
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
  advised.copies.OnAsked(kAnna, asked, true);  // and nothing of it was sent
  ASSERT_EQ(advised.Tell(kAnna).size(), 1u);
  EXPECT_TRUE(advised.Tell(kBen).empty());
  advised.copies.OnChoked(kAnna);
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
  advised.copies.OnAsked(kAnna, PieceIndex(0), true);
  EXPECT_FALSE(advised.copies.HasPartOfPiece(kAnna, advised.rarity));
  advised.copies.OnSent(kAnna, PieceIndex(0));
  EXPECT_TRUE(advised.copies.HasPartOfPiece(kAnna, advised.rarity));
  EXPECT_FALSE(advised.copies.HasPartOfPiece(kBen, advised.rarity));
  advised.rarity.Increment(PieceIndex(0));
  EXPECT_FALSE(advised.copies.HasPartOfPiece(kAnna, advised.rarity));
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

TEST(FirstCopiesTorrent, GivesToAnotherWhatAPeerLeftWith) {
  Served served;
  for (uint32_t i = 0; i < 7; ++i) served.peer.Send(Have{PieceIndex(i)});
  served.BeUnchoked();
  ASSERT_EQ(LastSuggested(served.peer), 7u);
  ScriptedPeer other(served.world, 2);
  other.Join(served.seeder);
  for (uint32_t i = 0; i < 7; ++i) other.Send(Have{PieceIndex(i)});
  served.peer.Leave();
  other.Say(Interested{});
  ASSERT_TRUE(other.Heard("unchoke"));
  EXPECT_EQ(LastSuggested(other), 7u);
}

// The pieces that a peer asks for, in the order in which it begins them.
std::vector<uint32_t> Begun(const ScriptedPeer& peer) {
  std::vector<uint32_t> pieces;
  for (const std::string& line : peer.heard) {
    if (line.rfind("request ", 0) != 0) continue;
    const auto piece = static_cast<uint32_t>(std::stoul(line.substr(8)));
    if (std::find(pieces.begin(), pieces.end(), piece) == pieces.end()) pieces.push_back(piece);
  }
  return pieces;
}

TEST(FirstCopiesTorrent, ALeecherBeginsWhatItIsAdvisedOnceItHasAskedForWhatItBegan) {
  Wanting wanting;
  wanting.peer.Send(HaveAll{});
  wanting.peer.Say(Unchoke{});
  const std::vector<uint32_t> begun = Begun(wanting.peer);
  ASSERT_FALSE(begun.empty());
  ASSERT_LT(begun.size(), 6u);
  std::vector<uint32_t> advised;
  for (uint32_t i = 0; i < 8 && advised.size() < 2; ++i) {
    if (std::find(begun.begin(), begun.end(), i) == begun.end()) advised.push_back(i);
  }
  for (const uint32_t piece : advised) wanting.peer.Send(Suggest{PieceIndex(piece)});
  wanting.peer.on_message = [&](const Message& message) {
    const auto* request = std::get_if<Request>(&message);
    if (request != nullptr) wanting.peer.SendBlock(request->block);
  };
  for (const uint32_t piece : begun) {
    for (uint32_t i = 0; i < 4; ++i) wanting.peer.SendBlock(BlockOf(piece, i));
  }
  wanting.world.Run(seconds(2));
  std::vector<uint32_t> expected = begun;
  expected.insert(expected.end(), advised.begin(), advised.end());
  std::vector<uint32_t> first = Begun(wanting.peer);
  ASSERT_GE(first.size(), expected.size());
  first.resize(expected.size());
  EXPECT_EQ(first, expected);
}

TEST(FirstCopiesTorrent, ALeecherForgetsAdviceWhenItIsChoked) {
  Wanting wanting;
  std::vector<storage::BlockRequest> asked;
  wanting.peer.on_message = [&](const Message& message) {
    if (const auto* request = std::get_if<Request>(&message)) asked.push_back(request->block);
  };
  wanting.peer.Send(HaveAll{});
  wanting.peer.Say(Unchoke{});
  std::vector<uint32_t> begun = Begun(wanting.peer);
  const uint32_t advised = begun[0] == 0 ? 1 : 0;
  // With all its requests on the way it could not follow the advice yet; now others may have it.
  wanting.peer.Say(Suggest{PieceIndex(advised)});
  wanting.peer.Send(Choke{});
  for (const storage::BlockRequest& block : asked) wanting.peer.Send(Reject{block});
  wanting.world.Run(seconds(1));
  wanting.peer.heard.clear();
  wanting.peer.Say(Unchoke{});
  begun = Begun(wanting.peer);
  ASSERT_FALSE(begun.empty());
  EXPECT_NE(begun[0], advised);
}

// Ten leechers who each know only the seed and two others fetch from it what their neighbours
// cannot tell them that somebody has.
TEST(FirstCopiesTorrent, ASwarmGetsItsFirstCopyInLittleMoreThanACopy) {
  const auto copies_until_all_is_out = [](uint32_t pieces, bool first_copies) {
    TorrentWorld world{TestTorrent(pieces)};
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
      for (uint32_t i = 0; i < pieces; ++i) {
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
  constexpr uint32_t kWorlds = 6;
  double with = 0;
  double without = 0;
  for (uint32_t i = 0; i < kWorlds; ++i) {
    with += copies_until_all_is_out(90 + i, true) / kWorlds;
    without += copies_until_all_is_out(90 + i, false) / kWorlds;
  }
  // 1.14 and 1.19: what is on its way to one while others find nothing left but what is out.
  EXPECT_LT(with, 1.16) << "without: " << without;
  EXPECT_LT(with, without - 0.03) << "without: " << without;
}

}  // namespace
}  // namespace starling::peer
