// The budget for unfinished pieces: it holds, and nothing stalls, however small it is.
#include <gtest/gtest.h>

#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

// Runs until the leecher is complete and returns the most memory that was charged meanwhile.
uint64_t HighestUse(TorrentWorld& world, TorrentHost& leecher, Duration limit = hours(2)) {
  uint64_t highest = 0;
  const bool done = world.RunUntil(
      [&] {
        highest = std::max(highest, leecher.memory().used());
        return leecher.torrent().phase() == Torrent::Phase::kSeeding;
      },
      limit);
  EXPECT_TRUE(done);
  EXPECT_EQ(leecher.store().content(), world.test.content);
  return highest;
}

TEST(TorrentMemory, ReturnsToZero) {
  TorrentWorld world(TestTorrent(20));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher));
  EXPECT_EQ(leecher.memory().used(), 0u);
}

TEST(TorrentMemory, OnePieceLargerThanTheBudgetIsSpilled) {
  TorrentWorld world(TestTorrent(2, 1 << 20));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.memory = 256 * 1024});
  leecher.Meet(seeder);
  const uint64_t highest = HighestUse(world, leecher);
  EXPECT_GT(leecher.store().spills, 50);
  EXPECT_LE(highest, 512u * 1024);  // what was in flight when reading stopped comes on top
  EXPECT_EQ(leecher.memory().used(), 0u);
}

TEST(TorrentMemory, ManySlowPeersWithLargePiecesNeverStall) {
  TorrentWorld world(TestTorrent(8, 1 << 20));
  world.net.options().rate = 30'000;
  TorrentHost& leecher = world.AddLeecher({.memory = 2 << 20});
  std::vector<std::unique_ptr<ScriptedSeeder>> seeders;
  for (int i = 0; i < 30; ++i) {
    seeders.push_back(std::make_unique<ScriptedSeeder>(world, i + 1));
    leecher.Meet(seeders.back()->peer.address());
  }
  const Time start = world.now();
  EXPECT_LE(HighestUse(world, leecher), uint64_t{5} << 19);
  // 8 MiB at 30 * 30 kB/s are 9.3 s.
  EXPECT_LT(world.now() - start, seconds(30));
}

TEST(TorrentMemory, SlowDiskStopsReadingAndLosesNothing) {
  TorrentWorld world(TestTorrent(40));
  HostOptions slow;
  slow.memory = 512 * 1024;
  slow.disk.store_latency = seconds(2);
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher(slow);
  leecher.Meet(seeder);
  EXPECT_LE(HighestUse(world, leecher), 1024u * 1024);
  EXPECT_EQ(leecher.counts().wasted, 0u);
}

TEST(TorrentMemory, PeersThatVanishMidPieceLeaveNoMemoryBehind) {
  TorrentWorld world(TestTorrent(8, 256 * 1024));
  TorrentHost& leecher = world.AddLeecher({.memory = 512 * 1024});
  for (int i = 0; i < 20; ++i) {
    ScriptedSeeder seeder(world, i + 1);
    seeder.answers = 5;
    leecher.Meet(seeder.peer.address());
    world.Run(seconds(2));
    seeder.peer.Leave();
    world.Run(seconds(1));
  }
  TorrentHost& seeder = world.AddSeeder();
  leecher.Meet(seeder);
  EXPECT_LE(HighestUse(world, leecher), 1024u * 1024);
  EXPECT_EQ(leecher.memory().used(), 0u);
}

TEST(TorrentMemory, BlocksThatCannotBeSpilledAreFetchedAgain) {
  TorrentWorld world(TestTorrent(8, 256 * 1024));
  HostOptions linked;
  linked.memory = 384 * 1024;
  linked.disk.spills_fail = true;
  TorrentHost& leecher = world.AddLeecher(linked);
  std::vector<std::unique_ptr<ScriptedSeeder>> seeders;
  for (int i = 0; i < 3; ++i) {
    seeders.push_back(std::make_unique<ScriptedSeeder>(world, i + 1));
    leecher.Meet(seeders.back()->peer.address());
  }
  HighestUse(world, leecher);
  EXPECT_EQ(leecher.memory().used(), 0u);
}

TEST(TorrentMemory, ReadsOnWhenAnotherTorrentGivesItsMemoryBack) {
  TorrentWorld world(TestTorrent(8));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher({.memory = 1 << 20});
  leecher.memory().Charge(1 << 20);  // the sister's
  leecher.Meet(seeder);
  world.Run(seconds(30));
  EXPECT_LT(leecher.counts().have_bytes, world.test.content.size());
  leecher.memory().Release(1 << 20);
  EXPECT_TRUE(world.RunUntilComplete(leecher, seconds(5)));
}

}  // namespace
}  // namespace starling::peer
