// Peers that send corrupt content are found and banned, and the download completes without them.
#include <gtest/gtest.h>

#include "peer/metadata_exchange.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

TEST(Blame, PeerThatSentACorruptPieceAloneIsBannedAtOnce) {
  TorrentWorld world(TestTorrent(10));
  HostOptions lies;
  lies.disk.corrupt_reads[3] = 1;
  TorrentHost& liar = world.AddSeeder(lies);
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(liar);
  world.RunUntil([&] { return !leecher.banned.empty(); }, minutes(1));
  ASSERT_EQ(leecher.banned.size(), 1u);
  EXPECT_EQ(leecher.banned[0], liar.address());
  EXPECT_TRUE(leecher.Logged("piece failed"));
  EXPECT_TRUE(leecher.Logged("sent a corrupt piece"));
  world.Run(minutes(5));
  EXPECT_EQ(leecher.torrent().connections(), 0u);
  EXPECT_LT(leecher.counts().have_bytes, world.test.content.size());

  TorrentHost& honest = world.AddSeeder();
  leecher.Meet(honest);
  leecher.Meet(liar);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
}

TEST(Blame, BannedPeerIsNotLetInAgain) {
  TorrentWorld world(TestTorrent(10));
  HostOptions lies;
  lies.disk.corrupt_reads[3] = 1;
  TorrentHost& liar = world.AddSeeder(lies);
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(liar);
  world.RunUntil([&] { return !leecher.banned.empty(); }, minutes(1));
  liar.Meet(leecher);
  world.Run(minutes(1));
  EXPECT_EQ(leecher.torrent().connections(), 0u);
  EXPECT_EQ(leecher.banned.size(), 1u);
}

TEST(Blame, OneLiarAmongManyIsFoundAndNobodyElseIsBanned) {
  for (uint32_t blocks : {1u, 0b1000u, 0b0101u, 0b1111u}) {
    TorrentWorld world(TestTorrent(12));
    world.net.options().rate = 200'000;
    HostOptions lies;
    for (uint32_t piece = 0; piece < 12; ++piece) lies.disk.corrupt_reads[piece] = blocks;
    TorrentHost& liar = world.AddSeeder(lies);
    for (int i = 0; i < 3; ++i) world.AddSeeder();
    TorrentHost& leecher = world.AddLeecher();
    for (const auto& host : world.hosts) {
      if (host.get() != &leecher) leecher.Meet(*host);
    }
    EXPECT_TRUE(world.RunUntilComplete(leecher)) << blocks;
    for (const Endpoint& banned : leecher.banned) EXPECT_EQ(banned, liar.address());
    EXPECT_EQ(leecher.banned.size(), leecher.Logged("piece failed") ? 1u : 0u) << blocks;
  }
}

TEST(Blame, OnLoopbackOnlyTheLiarIsBannedNotTheAddress) {
  TorrentWorld world(TestTorrent(10));
  HostOptions lies;
  lies.disk.corrupt_reads[3] = 1;
  lies.address = Endpoint::V4(0x7f000001, 7001);
  TorrentHost& liar = world.AddSeeder(lies);
  HostOptions honest;
  honest.address = Endpoint::V4(0x7f000001, 7002);
  TorrentHost& seeder = world.AddSeeder(honest);
  HostOptions self;
  self.address = Endpoint::V4(0x7f000001, 7003);
  TorrentHost& leecher = world.AddLeecher(self);
  leecher.Meet(liar);
  world.RunUntil([&] { return !leecher.banned.empty(); }, minutes(1));
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_EQ(leecher.banned.size(), 1u);
}

TEST(Blame, PeerThatSendsFalseMetadataIsBanned) {
  TorrentWorld world(TestTorrent(40, 16 * 1024));
  TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
  ScriptedPeer liar(world);
  const std::string lie(world.test.metainfo->info.size(), 'x');
  std::optional<uint8_t> metadata_id;
  liar.on_message = [&](const Message& message) {
    const auto* extended = std::get_if<Extended>(&message);
    if (extended == nullptr) return;
    if (extended->id == kExtensionHandshakeId) {
      metadata_id = ParseExtensionHandshake(extended->payload.view())->metadata_id;
      ExtensionHandshake ours;
      ours.metadata_id = 3;
      ours.metadata_size = static_cast<uint32_t>(lie.size());
      liar.Send(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(ours)});
    } else if (extended->id == 3) {
      const auto request = ParseMetadataMessage(extended->payload.view());
      liar.Send(Extended{*metadata_id, EncodeMetadataData(request->piece, lie)});
    }
  };
  leecher.Meet(liar.address());
  world.RunUntil([&] { return !leecher.banned.empty(); }, minutes(2));
  ASSERT_EQ(leecher.banned.size(), 1u);
  world.Run(seconds(1));
  EXPECT_TRUE(liar.closed);
  TorrentHost& seeder = world.AddSeeder();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
}

TEST(Blame, CorruptBlocksFromAPeerThatLeftAreBlamedAllTheSame) {
  TorrentWorld world(TestTorrent(1));
  TorrentHost& leecher = world.AddLeecher();
  ScriptedSeeder liar(world, 1);
  liar.is_corrupt = [](const storage::BlockRequest&) { return true; };
  liar.answers = 2;
  leecher.Meet(liar.peer.address());
  world.RunUntil([&] { return liar.answers == 0; }, minutes(1));
  world.Run(seconds(1));
  liar.peer.Leave();
  ScriptedSeeder honest(world, 2);
  leecher.Meet(honest.peer.address());
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  ASSERT_EQ(leecher.banned.size(), 1u);
  EXPECT_EQ(leecher.banned[0], liar.peer.address());
}

}  // namespace
}  // namespace starling::peer
