// One connection at a time, against a peer whose messages the test writes: its life, and what we
// ask for.
#include "peer/connection.h"

#include <gtest/gtest.h>

#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

TEST(Connection, GreetsWithItsPiecesFirst) {
  Served fast;
  EXPECT_EQ(fast.peer.heard.front(), "have all");
  EXPECT_TRUE(fast.peer.theirs.supports_fast);
  Served slow(/*fast=*/false);
  EXPECT_EQ(slow.peer.heard.front(), "bitfield ff");
  Wanting none;
  EXPECT_EQ(none.peer.heard.front(), "have none");
  Wanting silent(/*fast=*/false);
  EXPECT_EQ(silent.peer.CountHeard("bitfield"), 0);
  EXPECT_FALSE(silent.peer.closed);
}

TEST(Connection, RejectsWhatItDoesNotHave) {
  Wanting wanting;
  wanting.peer.Say(Request{BlockOf(0)});
  EXPECT_TRUE(wanting.peer.Heard("reject 0 0 16384"));
  EXPECT_FALSE(wanting.peer.closed);
}

TEST(Connection, AsksForWhatThePeerHas) {
  Wanting wanting;
  wanting.peer.Send(Have{PieceIndex(5)});
  wanting.peer.Say(Unchoke{});
  EXPECT_TRUE(wanting.peer.Heard("interested"));
  EXPECT_EQ(wanting.peer.CountHeard("request 5"), 4);
  EXPECT_EQ(wanting.peer.CountHeard("request"), 4);
}

TEST(Connection, TakesWhatASecondBitfieldAddsAndForgetsNothing) {
  Wanting wanting;
  wanting.peer.Send(BitfieldMessage{Buffer::CopyFrom(AsBytes("\x80"))});
  wanting.peer.Send(BitfieldMessage{Buffer::CopyFrom(AsBytes("\x40"))});
  wanting.peer.Say(Unchoke{});
  EXPECT_FALSE(wanting.peer.closed);
  // Which of the two comes first is drawn.
  EXPECT_EQ(wanting.peer.CountHeard("request"), 4);
  const uint32_t first = wanting.peer.Heard("request 0") ? 0 : 1;
  wanting.peer.Send(HaveNone{});
  for (uint32_t i = 0; i < 4; ++i) wanting.peer.SendBlock(BlockOf(first, i));
  wanting.world.Run(seconds(1));
  EXPECT_EQ(wanting.peer.CountHeard("request 0"), 4);
  EXPECT_EQ(wanting.peer.CountHeard("request 1"), 4);
}

TEST(Connection, AsksForNothingWhileChoked) {
  Wanting wanting;
  wanting.peer.Say(HaveAll{});
  EXPECT_TRUE(wanting.peer.Heard("interested"));
  EXPECT_EQ(wanting.peer.CountHeard("request"), 0);
}

TEST(Connection, AsksForAllowedPiecesWhileChoked) {
  Wanting wanting;
  wanting.peer.Send(HaveAll{});
  wanting.peer.Say(AllowedFast{PieceIndex(6)});
  EXPECT_EQ(wanting.peer.CountHeard("request 6"), 4);
  wanting.peer.SendBlock(BlockOf(6));
  for (uint32_t i = 1; i < 4; ++i) wanting.peer.Send(Reject{BlockOf(6, i)});
  wanting.world.Run(seconds(5));
  EXPECT_EQ(wanting.peer.CountHeard("request 6"),
            4);  // it changed its mind, and is not asked again
}

TEST(Connection, AsksForNoOtherAllowedPieceOnceOneWasRejected) {
  Wanting wanting;
  wanting.peer.Send(HaveAll{});
  wanting.peer.Send(AllowedFast{PieceIndex(6)});
  wanting.peer.Say(AllowedFast{PieceIndex(3)});
  const uint32_t asked = wanting.peer.Heard("request 6 ") ? 6 : 3;
  const uint32_t other = 9 - asked;
  for (uint32_t i = 0; i < 4; ++i) wanting.peer.Send(Reject{BlockOf(asked, i)});
  wanting.world.Run(seconds(5));
  EXPECT_EQ(wanting.peer.CountHeard(absl::StrCat("request ", other, " ")), 0);
  EXPECT_EQ(wanting.peer.CountHeard(absl::StrCat("request ", asked, " ")), 4);
}

TEST(Connection, TellsAtOnceWhoLacksThePieceAndLaterWhoHasIt) {
  Wanting wanting;
  ScriptedPeer lacking(wanting.world, 2, /*fast=*/true);
  lacking.Join(wanting.leecher);
  wanting.peer.Send(Have{PieceIndex(5)});
  wanting.peer.Send(Have{PieceIndex(6)});
  wanting.peer.Say(Unchoke{});
  const uint32_t first = wanting.peer.Heard("request 5 0 16384") ? 5 : 6;
  const std::string have = absl::StrCat("have ", first);
  for (uint32_t i = 0; i < 4; ++i) wanting.peer.SendBlock(BlockOf(first, i));
  wanting.world.Run(seconds(1));
  EXPECT_TRUE(lacking.Heard(have));
  EXPECT_FALSE(wanting.peer.Heard(have));
  wanting.world.Run(seconds(40));
  EXPECT_TRUE(wanting.peer.Heard(have));
  EXPECT_EQ(wanting.peer.CountHeard(have), 1);
}

TEST(Connection, PrefersASuggestedPiece) {
  Wanting wanting;
  wanting.peer.Send(HaveAll{});
  wanting.peer.Send(Suggest{PieceIndex(2)});
  wanting.peer.Say(Unchoke{});
  EXPECT_EQ(wanting.peer.CountHeard("request 2"), 4);
}

TEST(Connection, AsksAgainWhenARequestIsRejected) {
  Wanting wanting;
  wanting.peer.Send(Have{PieceIndex(5)});
  wanting.peer.Say(Unchoke{});
  wanting.peer.Say(Reject{BlockOf(5, 1)});
  EXPECT_EQ(wanting.peer.CountHeard("request 5 16384"), 2);
}

TEST(Connection, TakesBackItsRequestsWhenChoked) {
  for (const bool fast : {true, false}) {
    Wanting wanting(fast);
    wanting.peer.Send(Have{PieceIndex(5)});
    wanting.peer.Say(Unchoke{});
    wanting.peer.Say(Choke{});
    ScriptedPeer other(wanting.world, 2, fast);
    other.Join(wanting.leecher);
    other.Send(Have{PieceIndex(5)});
    other.Say(Unchoke{});
    EXPECT_EQ(other.CountHeard("request 5"), 4) << fast;
  }
}

TEST(Connection, AsksAnotherPeerWhenOneSnubs) {
  Wanting wanting;
  wanting.peer.Send(Have{PieceIndex(5)});
  wanting.peer.Say(Unchoke{});
  EXPECT_EQ(wanting.peer.CountHeard("request 5"), 4);
  ScriptedPeer other(wanting.world, 2);
  other.on_message = [&](const Message& message) {
    if (const auto* request = std::get_if<Request>(&message)) other.SendBlock(request->block);
  };
  other.Join(wanting.leecher);
  other.Send(Have{PieceIndex(5)});
  other.Send(Have{PieceIndex(6)});
  other.Say(Unchoke{});
  EXPECT_EQ(other.CountHeard("request 5"), 0);
  wanting.world.Run(seconds(62));
  EXPECT_EQ(other.CountHeard("request 5"), 4);
  std::vector<PeerView> views;
  wanting.leecher.torrent().AppendViews(wanting.world.now(), &views);
  ASSERT_EQ(views.size(), 2u);
  EXPECT_TRUE(views[0].snubbed_us);
}

TEST(Connection, TakesABlockThatComesLate) {
  Wanting wanting;
  wanting.peer.Send(Have{PieceIndex(5)});
  wanting.peer.Say(Unchoke{});
  wanting.world.Run(seconds(61));
  wanting.peer.SendBlock(BlockOf(5));
  wanting.world.Run(milliseconds(100));
  EXPECT_EQ(wanting.leecher.counts().downloaded, kBlock);
  EXPECT_EQ(wanting.leecher.counts().wasted, 0u);
}

TEST(Connection, SendsKeepAlivesAndClosesOnSilence) {
  Wanting wanting;
  wanting.world.Run(seconds(110));
  EXPECT_EQ(wanting.peer.CountHeard("keep-alive"), 1);
  EXPECT_FALSE(wanting.peer.closed);
  wanting.world.Run(seconds(80));
  EXPECT_TRUE(wanting.peer.closed);
}

TEST(Connection, StaysOpenForAPeerThatSendsKeepAlives) {
  Wanting wanting;
  for (int i = 0; i < 10; ++i) {
    wanting.world.Run(seconds(120));
    wanting.peer.Send(KeepAlive{});
  }
  EXPECT_FALSE(wanting.peer.closed);
}

TEST(Connection, IsGivenUpWithoutAHandshake) {
  TorrentWorld world(TestTorrent(8));
  TorrentHost& leecher = world.AddLeecher();
  std::unique_ptr<Stream> silent;
  const Endpoint at = Endpoint::V4(0x51000001, 1000);
  world.net.Listen(at, [&](Time, std::unique_ptr<Stream> stream) { silent = std::move(stream); });
  leecher.Meet(at);
  world.Run(seconds(10));
  EXPECT_EQ(leecher.torrent().connections(), 1u);
  world.Run(seconds(11));
  EXPECT_EQ(leecher.torrent().connections(), 0u);
  world.net.StopListening(at);
  world.happenings.Clear();
}

TEST(Connection, NamesItsClientAndQueueInTheExtensionHandshake) {
  Served served;
  std::optional<ExtensionHandshake> said;
  ScriptedPeer other(served.world, 2);
  other.on_message = [&](const Message& message) {
    if (const auto* extended = std::get_if<Extended>(&message)) {
      said = ParseExtensionHandshake(extended->payload.view());
    }
  };
  other.Join(served.seeder);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->request_queue, kRequestQueueMax);
  EXPECT_EQ(said->metadata_size, served.world.test.metainfo->info.size());
  EXPECT_EQ(said->port, 6881);
  EXPECT_EQ(said->version, "starling");
  EXPECT_TRUE(said->upload_only);
}

}  // namespace
}  // namespace starling::peer
