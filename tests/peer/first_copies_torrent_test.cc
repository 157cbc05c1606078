// What a seed's advice (peer/first_copies.h) does in a torrent, on the wire.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

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

// A seed with fewer slots than peers that want something, and one of those that it serves.
struct Queue {
  explicit Queue(uint32_t pieces, const HostOptions& options = {}) : world{TestTorrent(pieces)} {
    TorrentHost& seeder = world.AddSeeder(options);
    for (uint32_t i = 0; i < 8; ++i) {
      peers.push_back(std::make_unique<ScriptedPeer>(world, i + 1));
      peers.back()->Join(seeder);
      peers.back()->Say(Interested{});
    }
    world.Run(seconds(11));
  }
  ScriptedPeer* Served() {
    for (const auto& peer : peers) {
      if (peer->Heard("unchoke")) return peer.get();
    }
    return nullptr;
  }

  TorrentWorld world;
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
};

// Of a slow seed a piece takes longer than a turn; a piece has four blocks here.
TEST(FirstCopiesTorrent, ATurnEndsBetweenTwoPieces) {
  Queue queue(8);
  ASSERT_NE(queue.Served(), nullptr);
  ScriptedPeer& peer = *queue.Served();
  const uint32_t piece = LastSuggested(peer);
  ASSERT_NE(piece, kNone);
  for (uint32_t block = 0; block < 3; ++block) {
    peer.Say(Request{BlockOf(piece, block)});
    queue.world.Run(seconds(12));
    EXPECT_EQ(peer.CountHeard("choke"), 0) << "with " << block + 1 << " of 4 blocks";
  }
  peer.Send(Request{BlockOf(piece, 3)});
  peer.Say(Request{BlockOf((piece + 1) % 8)});
  queue.world.Run(seconds(1));
  EXPECT_EQ(peer.CountHeard("piece"), 4);
  EXPECT_EQ(peer.CountHeard("reject"), 1);
  EXPECT_EQ(peer.CountHeard("choke"), 1);
}

TEST(FirstCopiesTorrent, WhatWasAskedForOfAPieceComesThoughChoked) {
  HostOptions slow;
  slow.up_rate = 2000;  // a piece takes 32 s, a turn 20
  Queue queue(100, slow);
  ASSERT_NE(queue.Served(), nullptr);
  ScriptedPeer& peer = *queue.Served();
  const uint32_t piece = LastSuggested(peer);
  const uint32_t other = (piece + 1) % 100;
  for (const uint32_t asked : {piece, other}) {
    ASSERT_FALSE(peer.Heard(absl::StrCat("allowed fast ", asked))) << "it comes anyway";
  }
  for (uint32_t block = 0; block < 4; ++block) peer.Send(Request{BlockOf(piece, block)});
  peer.Say(Request{BlockOf(other)});
  queue.world.RunUntil([&] { return peer.Heard("choke"); }, minutes(1));
  ASSERT_EQ(peer.CountHeard("choke"), 1);
  const int before = peer.CountHeard("piece");
  EXPECT_LT(before, 4);
  queue.world.Run(minutes(1));
  EXPECT_EQ(peer.CountHeard("piece"), 4);
  EXPECT_EQ(peer.CountHeard("reject"), 1);
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
