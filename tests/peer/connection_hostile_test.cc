// What becomes of peers that break the rules of the protocol.
#include <gtest/gtest.h>

#include "peer/connection.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

TEST(HostilePeer, ClosesOnRequestsOutOfRange) {
  const storage::BlockRequest bad[] = {
      {PieceIndex(8), 0, kBlock},          {PieceIndex(0), 65'536, kBlock},
      {PieceIndex(0), 65'535, 2},          {PieceIndex(0), 0, 0},
      {PieceIndex(0), 0, 128 * 1024 + 1},  {PieceIndex(0xffffffff), 0, kBlock},
      {PieceIndex(0), 0xffffffff, kBlock}, {PieceIndex(0), 0, 0xffffffff},
  };
  for (const storage::BlockRequest& request : bad) {
    Served served;
    served.BeUnchoked();
    served.peer.Say(Request{request});
    EXPECT_TRUE(served.peer.closed) << request.piece.value() << " " << request.offset;
    EXPECT_EQ(served.peer.CountHeard("piece"), 0);
  }
}

TEST(HostilePeer, DoesNotAskForeverWhereEverythingIsRejected) {
  Wanting wanting;
  wanting.peer.on_message = [&](const Message& message) {
    if (const auto* request = std::get_if<Request>(&message)) {
      wanting.peer.Send(Reject{request->block});
    }
  };
  wanting.peer.Send(HaveAll{});
  wanting.peer.Send(Unchoke{});
  wanting.world.Run(minutes(1));
  EXPECT_LT(wanting.peer.CountHeard("request"), 1'000);
  EXPECT_FALSE(wanting.peer.closed);
}

TEST(HostilePeer, ClosesOnAFloodOfBlocksThatNobodyAskedFor) {
  Wanting wanting;
  for (int i = 0; i < 1'000; ++i) wanting.peer.SendBlock(BlockOf(1));
  wanting.world.Run(seconds(1));
  EXPECT_TRUE(wanting.peer.closed);
  EXPECT_EQ(wanting.leecher.memory().used(), 0u);
}

TEST(HostilePeer, ClosesOnPiecesThatDoNotExist) {
  const auto closes = [](auto say) {
    Wanting wanting;
    say(wanting.peer);
    wanting.world.Run(milliseconds(100));
    return wanting.peer.closed;
  };
  EXPECT_TRUE(closes([](ScriptedPeer& peer) { peer.Send(Have{PieceIndex(8)}); }));
  EXPECT_TRUE(closes([](ScriptedPeer& peer) { peer.Send(AllowedFast{PieceIndex(8)}); }));
  EXPECT_TRUE(closes([](ScriptedPeer& peer) { peer.Send(Suggest{PieceIndex(8)}); }));
  EXPECT_TRUE(closes(
      [](ScriptedPeer& peer) { peer.Send(BitfieldMessage{Buffer::CopyFrom(AsBytes("ab"))}); }));
  EXPECT_FALSE(closes([](ScriptedPeer& peer) { peer.Send(Have{PieceIndex(7)}); }));
}

TEST(HostilePeer, ClosesOnAFloodOfCancels) {
  Served served;
  for (uint32_t i = 0; i < Uploads::kLateCancelsMax; ++i) served.peer.Send(Cancel{BlockOf(1)});
  served.world.Run(seconds(1));
  EXPECT_FALSE(served.peer.closed);
  served.peer.Say(Cancel{BlockOf(1)});
  EXPECT_TRUE(served.peer.closed);
}

TEST(HostilePeer, ClosesOnFastMessagesWithoutTheFastExtension) {
  Wanting wanting(/*fast=*/false);
  wanting.peer.Say(HaveAll{});
  EXPECT_TRUE(wanting.peer.closed);
}

TEST(HostilePeer, ClosesOnRubbish) {
  for (const absl::string_view rubbish : {absl::string_view("\xff\xff\xff\xff\x07garbage", 12),
                                          absl::string_view("\x00\x00\x00\x05\x00garbage", 12),
                                          absl::string_view("\x00\x01\x00\x00\x06garbage", 12)}) {
    Wanting wanting;
    wanting.peer.SendRaw(rubbish);
    wanting.world.Run(seconds(1));
    EXPECT_TRUE(wanting.peer.closed);
  }
}

TEST(HostilePeer, ClosesOnAFloodOfRequestsThatNobodyReads) {
  Served served;
  served.world.net.options().rate = 1;  // for new connections; ours is made by now
  served.peer.Leave();
  served.world.Run(seconds(1));
  served.world.net.options().rate = 50'000;
  ScriptedPeer flooder(served.world, 9);
  flooder.Join(served.seeder);
  std::string flood;
  for (int i = 0; i < 200'000; ++i) {
    flood += std::string("\0\0\0\x0d\x06\0\0\0\1\0\0\0\0\0\0\x40\0", 17);
  }
  // It comes all at once, and the answers leave at 50 kB/s.
  flooder.SendRaw(flood);
  served.world.RunUntil([&] { return flooder.closed; }, minutes(10));
  EXPECT_TRUE(flooder.closed);
}

TEST(HostilePeer, RefusesAHandshakeForAnotherTorrent) {
  TorrentWorld world(TestTorrent(8));
  TorrentHost& leecher = world.AddLeecher();
  ScriptedPeer peer(world);
  peer.handshake.info_hash.bytes[0] ^= std::byte{1};
  leecher.Meet(peer.address());
  world.Run(seconds(1));
  EXPECT_TRUE(peer.closed);
  EXPECT_EQ(leecher.connected, 0);
}

TEST(HostilePeer, ClosesOnMalformedExtendedMessages) {
  for (const uint8_t id : {kExtensionHandshakeId, kMetadataExtensionId}) {
    Wanting wanting;
    wanting.peer.Say(Extended{id, Buffer::CopyFrom(AsBytes("rubbish"))});
    EXPECT_TRUE(wanting.peer.closed) << int{id};
  }
  Wanting wanting;
  wanting.peer.Say(Extended{kPeerExchangeExtensionId, Buffer::CopyFrom(AsBytes("rubbish"))});
  wanting.peer.Say(Extended{99, Buffer::CopyFrom(AsBytes("unknown"))});
  EXPECT_FALSE(wanting.peer.closed);
}

}  // namespace
}  // namespace starling::peer
