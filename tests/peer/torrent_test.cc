// Torrents that meet: whole transfers over streams in memory.
#include "peer/torrent.h"

#include <gtest/gtest.h>

#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

using Phase = Torrent::Phase;

TEST(Torrent, LeecherFetchesFromSeeder) {
  TorrentWorld world(TestTorrent(10));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_TRUE(leecher.Logged("complete"));
  EXPECT_EQ(leecher.counts().downloaded, world.test.content.size());
  EXPECT_EQ(leecher.counts().wasted, 0u);
  EXPECT_EQ(seeder.counts().uploaded, world.test.content.size());
}

TEST(Torrent, FirstLeecherIsServedAtOnce) {
  TorrentWorld world(TestTorrent(10));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher();
  const Time start = world.now();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_LT(world.now() - start, seconds(2));
}

TEST(Torrent, MagnetLeecherFetchesTheMetadataFirst) {
  TorrentWorld world(TestTorrent(40, 16 * 1024));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
  EXPECT_EQ(leecher.torrent().phase(), Phase::kLookingForMetadata);
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_EQ(leecher.log, (std::vector<std::string>{"metadata", "checked", "complete"}));
  EXPECT_EQ(leecher.torrent().metainfo()->info, world.test.metainfo->info);
}

TEST(Torrent, SeederDialsTheLeecherJustAsWell) {
  TorrentWorld world(TestTorrent(10));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
  seeder.Meet(leecher);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
}

}  // namespace
}  // namespace starling::peer
