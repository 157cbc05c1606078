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

TEST(Torrent, SwarmSpreadsThePiecesAmongItself) {
  TorrentWorld world(TestTorrent(40));
  world.net.options().rate = 500'000;
  TorrentHost& seeder = world.AddSeeder();
  for (int i = 0; i < 6; ++i) {
    TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
    for (const auto& host : world.hosts) {
      if (host.get() != &leecher) leecher.Meet(*host);
    }
  }
  for (size_t i = 1; i < world.hosts.size(); ++i) {
    EXPECT_TRUE(world.RunUntilComplete(*world.hosts[i])) << i;
  }
  EXPECT_LT(seeder.counts().uploaded, 4 * world.test.content.size());
  uint64_t wasted = 0;
  for (const auto& host : world.hosts) wasted += host->counts().wasted;
  EXPECT_LT(wasted, 6 * 10 * storage::kBlockSize);  // the end game's doubles
}

TEST(Torrent, PeersFindEachOtherByPeerExchange) {
  TorrentWorld world(TestTorrent(100));
  world.net.options().rate = 20'000;
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& first = world.AddLeecher();
  TorrentHost& second = world.AddLeecher();
  first.Meet(seeder);
  second.Meet(seeder);
  world.Run(minutes(2));
  EXPECT_EQ(first.counts().connected, 2u);
  EXPECT_EQ(second.counts().connected, 2u);
}

TEST(Torrent, PrivateOneNeverExchangesPeersNorNamesItsDhtPort) {
  TorrentWorld world(TestTorrent(100, 64 * 1024, /*is_private=*/true));
  world.net.options().rate = 20'000;
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& first = world.AddLeecher();
  TorrentHost& second = world.AddLeecher();
  EXPECT_TRUE(first.torrent().is_private());
  first.Meet(seeder);
  second.Meet(seeder);
  world.Run(minutes(2));
  EXPECT_EQ(first.counts().connected, 1u);
  EXPECT_TRUE(seeder.dht_nodes.empty());
  EXPECT_TRUE(first.dht_nodes.empty());
  first.Meet(second, PeerSource::kDht);
  world.Run(seconds(10));
  EXPECT_EQ(first.counts().connected, 1u);
}

TEST(Torrent, DropsPeersOfTheDhtWhenItTurnsOutToBePrivate) {
  TorrentWorld world(TestTorrent(100, 64 * 1024, /*is_private=*/true));
  world.net.options().rate = 50'000;
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& other = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
  EXPECT_FALSE(leecher.torrent().is_private());
  leecher.Meet(seeder, PeerSource::kDht);
  leecher.Meet(other, PeerSource::kTracker);
  world.RunUntil([&] { return leecher.Logged("metadata"); });
  EXPECT_TRUE(leecher.torrent().is_private());
  leecher.torrent().DropUnlessFromTracker(world.now());
  world.Run(seconds(2));
  EXPECT_EQ(leecher.counts().connected, 1u);
  EXPECT_EQ(seeder.counts().connected, 0u);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
}

TEST(Torrent, TellsPeersItsDhtPort) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  ASSERT_EQ(leecher.dht_nodes.size(), 1u);
  EXPECT_EQ(leecher.dht_nodes[0], seeder.address());
}

TEST(Torrent, SeedsDoNotStayConnected) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& other = world.AddSeeder();
  other.Meet(seeder);
  world.Run(minutes(10));
  EXPECT_EQ(seeder.counts().connected, 0u);
  EXPECT_EQ(other.counts().connected, 0u);
  EXPECT_EQ(world.net.dials(), 1);
}

TEST(Torrent, GoesOnWhereAnEarlierRunStopped) {
  TorrentWorld world(TestTorrent(10));
  TorrentHost& seeder = world.AddSeeder();
  HostOptions options;
  options.disk.content = world.test.content.substr(0, 7 * 64 * 1024 + 1000);
  TorrentHost& leecher = world.AddLeecher(options);
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_EQ(leecher.counts().downloaded, 3u * 64 * 1024);
}

TEST(Torrent, FetchesALastPieceOfAnySize) {
  for (const uint32_t missing : {1u, 16'384u, 16'385u, 65'535u}) {
    TorrentWorld world(TestTorrent(3, 64 * 1024, false, missing));
    TorrentHost& seeder = world.AddSeeder();
    TorrentHost& leecher = world.AddLeecher();
    leecher.Meet(seeder);
    EXPECT_TRUE(world.RunUntilComplete(leecher)) << missing;
  }
}

TEST(Torrent, ServesInOrderOfPositionWhereAskedTo) {
  TorrentWorld world(TestTorrent(20, 16 * 1024));
  world.net.options().rate = 100'000;
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.sequential = true});
  leecher.Meet(seeder);
  world.RunUntil([&] { return leecher.counts().have_bytes >= 10 * 16 * 1024; });
  for (uint32_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(leecher.torrent().have()->Has(PieceIndex(i))) << i;
  }
}

TEST(Torrent, KeepsWithinItsDownLimit) {
  TorrentWorld world(TestTorrent(20));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.down_rate = 100'000});
  const Time start = world.now();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  const double seconds_expected = static_cast<double>(world.test.content.size()) / 100'000;
  EXPECT_NEAR(ToSeconds(world.now() - start), seconds_expected, seconds_expected * 0.15);
}

TEST(Torrent, KeepsWithinItsUpLimit) {
  TorrentWorld world(TestTorrent(20));
  TorrentHost& seeder = world.AddSeeder({.up_rate = 100'000});
  TorrentHost& leecher = world.AddLeecher();
  const Time start = world.now();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  const double seconds_expected = static_cast<double>(world.test.content.size()) / 100'000;
  EXPECT_NEAR(ToSeconds(world.now() - start), seconds_expected, seconds_expected * 0.15);
}

TEST(Torrent, FailsWhenTheDiskIsFull) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& seeder = world.AddSeeder();
  HostOptions options;
  options.disk.stores_fail = true;
  TorrentHost& leecher = world.AddLeecher(options);
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntil([&] { return leecher.Logged("failed full"); }));
  EXPECT_EQ(leecher.torrent().phase(), Phase::kFailed);
  world.Run(seconds(1));
  EXPECT_EQ(leecher.torrent().connections(), 0u);
}

TEST(Torrent, FailsWhenItsContentCannotBeReadAnyMore) {
  TorrentWorld world(TestTorrent(4));
  HostOptions options;
  options.disk.reads_fail = true;
  TorrentHost& seeder = world.AddSeeder(options);
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntil([&] { return seeder.Logged("failed read failed"); }));
}

TEST(Torrent, RunsTheSameTwice) {
  const auto run = [] {
    TorrentWorld world(TestTorrent(30));
    world.net.options().rate = 300'000;
    world.AddSeeder();
    for (int i = 0; i < 4; ++i) {
      TorrentHost& leecher = world.AddLeecher();
      for (const auto& host : world.hosts) {
        if (host.get() != &leecher) leecher.Meet(*host);
      }
    }
    std::vector<uint64_t> trace;
    for (const auto& host : world.hosts) {
      world.RunUntilComplete(*host);
      trace.push_back(static_cast<uint64_t>(world.now().time_since_epoch().count()));
      trace.push_back(host->counts().uploaded);
    }
    return trace;
  };
  EXPECT_EQ(run(), run());
}

TEST(Torrent, MayBeDestroyedAtAnyMoment) {
  for (int steps = 0; steps < 400; steps += 7) {
    TorrentWorld world(TestTorrent(4));
    TorrentHost& seeder = world.AddSeeder();
    TorrentHost& leecher = world.AddLeecher({.knows_metainfo = false});
    leecher.Meet(seeder);
    int left = steps;
    world.RunUntil([&] { return left-- <= 0; }, seconds(10));
    leecher.Leave();
    world.Run(seconds(5));
    seeder.Leave();
    world.Run(seconds(5));
  }
}

}  // namespace
}  // namespace starling::peer
