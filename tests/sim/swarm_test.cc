// Worlds of whole Clients: they find each other through the DHT and share one file.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

SwarmOptions Small(uint64_t seed) {
  SwarmOptions options;
  options.seed = seed;
  options.content.size = (8 << 20) + 12345;
  options.content.piece_length = 64 * 1024;
  return options;
}

TEST(Swarm, OneLeecherGetsTheFileFromOneSeederKnowingOnlyTheMagnet) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    const ClientHost& leecher = swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    swarm.ExpectAllIsWell();
    EXPECT_TRUE(leecher.history().metadata.has_value());
    EXPECT_TRUE(leecher.history().complete.has_value());
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, ThirtyNodesGetTheFileFromOneSeeder) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    for (int i = 0; i < 29; ++i) {
      swarm.AddLeecher();
      swarm.world.RunFor(milliseconds(300));
    }
    const uint64_t copied = Buffer::bytes_copied();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    // The swarm's point: most of the bytes came from other leechers.
    EXPECT_LT(seeder.status().uploaded, 12 * swarm.content->size());
    EXPECT_LT(Buffer::bytes_copied() - copied, swarm.content->size());
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, GoesOnWhenTheSeederCrashesAfterOneCopyIsOut) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    for (int i = 0; i < 12; ++i) swarm.AddLeecher();
    // Until every piece is on some leecher's disk.
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(10), seconds(1), [&] {
      Bitfield somewhere(swarm.content->metainfo()->piece_count());
      for (ClientHost* host : swarm.hosts) {
        const Bitfield* have = host->disk().have(swarm.content->info_hash());
        if (host == &seeder || have == nullptr) continue;
        for (PieceIndex piece(0); piece.value() < have->size(); ++piece) {
          if (have->Has(piece)) somewhere.Set(piece);
        }
      }
      return somewhere.all();
    }));
    swarm.world.Crash(seeder.index());
    for (size_t i = 0; i < 3; ++i) swarm.world.Crash(swarm.dht[i].index());
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, FinishesAfterAPartitionHealed) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.rates = {200'000, 800'000};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    for (int i = 0; i < 10; ++i) swarm.AddLeecher();
    swarm.world.RunFor(seconds(20));
    Partition& partition = swarm.world.rules().Add(std::make_unique<Partition>());
    for (size_t i = 5; i < swarm.hosts.size(); ++i) partition.Put(swarm.hosts[i]->index(), 1);
    swarm.world.RunFor(minutes(4));
    EXPECT_FALSE(CheckEveryoneFinished(swarm.hosts, *swarm.content).ok());
    swarm.world.rules().Remove(partition);
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(40)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, FinishesAlthoughPacketsAreLostReorderedAndDuplicated) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    Noise noise;
    noise.seed = seed;
    noise.loss_ppm = 50'000;
    noise.reorder_ppm = 50'000;
    noise.duplicate_ppm = 50'000;
    noise.streams = true;
    swarm.world.rules().Add(std::make_unique<NoiseRule>(noise));
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(30));
    for (int i = 0; i < 8; ++i) swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(40)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, ALeecherThatCrashedGoesOnWithWhatLiesOnItsDisk) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& leecher = swarm.AddLeecher();
    const auto pieces = [&] {
      const Bitfield* have = leecher.disk().have(swarm.content->info_hash());
      return have == nullptr ? 0u : have->count();
    };
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(5), milliseconds(100),
                                     [&] { return pieces() > 40; }));
    const uint32_t before = pieces();
    swarm.world.Crash(leecher.index());
    swarm.world.RunFor(seconds(30));
    EXPECT_EQ(pieces(), before);
    swarm.world.PowerOn(leecher.index());
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(10)));
    swarm.ExpectAllIsWell();
    EXPECT_LT(leecher.status().downloaded,
              swarm.content->size() - (before - 1) * 64 * 1024 + (1 << 20));
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, BansWhoServesFromARottenDiskAndFinishes) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    ClientHost& rotten = swarm.AddSeeder();
    rotten.disk().SetFault(DiskFault::kRotten);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    for (int i = 0; i < 4; ++i) swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    uint32_t failed = 0;
    uint32_t banned = 0;
    for (ClientHost* host : swarm.hosts) {
      failed += host->history().pieces_failed;
      banned += host->history().peers_banned;
    }
    EXPECT_GE(failed, 1u);
    EXPECT_GE(banned, 1u);
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, StopsATorrentWhoseDiskFailsAndHarmsNobodyElse) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.rates = {200'000, 800'000};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& unlucky = swarm.AddLeecher();
    swarm.AddLeecher();
    swarm.world.RunFor(seconds(12));
    unlucky.disk().SetFault(DiskFault::kFailing);
    swarm.world.RunFor(minutes(5));
    EXPECT_EQ(unlucky.history().torrents_failed, 1u);
    EXPECT_EQ(unlucky.status().phase, TorrentPhase::kFailed);
    swarm.world.Crash(unlucky.index());
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    return swarm.world.trace_hash();
  });
}

// Large pieces from many slow peers: more unfinished pieces than fit into memory.
TEST(Swarm, SpillsAndNeverStallsWhenUnfinishedPiecesExceedTheirMemory) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.content.size = 24 << 20;
    options.content.piece_length = 1 << 20;
    options.client.unfinished_memory_max = 2 << 20;
    options.disk = {milliseconds(5), 0};
    SwarmWorld swarm(options);
    for (int i = 0; i < 12; ++i) swarm.AddSeeder();
    swarm.world.RunFor(seconds(30));
    for (int i = 0; i < 3; ++i) swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(Swarm, AFasterLinkIsUsedToTheFull) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.content.size = 64 << 20;
    options.content.piece_length = 256 * 1024;
    options.rates = {10'000'000, 10'000'000};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& leecher = swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    const double took_s = ToSeconds(*leecher.history().complete - *leecher.history().metadata);
    // 67 MB at 10 MB/s with headers are 7 s; the window has to open first.
    EXPECT_LT(took_s, 11.0);
    return swarm.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
