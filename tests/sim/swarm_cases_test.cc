// Swarms in unusual circumstances: late seeders, nodes that take no connections, limits, several
// torrents, odd contents, hosts that talk nonsense.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/garbage_host.h"
#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::GarbageHost;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

SwarmOptions Small(uint64_t seed) {
  SwarmOptions options;
  options.seed = seed;
  options.content.size = 3 << 20;
  return options;
}

TEST(SwarmCases, LeechersWaitForASeederThatComesLate) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    for (int i = 0; i < 4; ++i) swarm.AddLeecher();
    swarm.world.RunFor(minutes(20));
    swarm.AddSeeder();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(10)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, ASeederThatTakesNoConnectionsDialsItsLeechers) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    swarm.AddSeeder([](ClientHostOptions& host) { host.listens = false; });
    swarm.world.RunFor(seconds(20));
    for (int i = 0; i < 3; ++i) swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, LeechersThatTakeNoConnectionsFinishThroughOthers) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    const auto blocked = [](ClientHostOptions& host) { host.listens = false; };
    swarm.AddSeeder(blocked);
    swarm.AddLeecher();  // the only one that can be dialled
    swarm.world.RunFor(seconds(20));
    for (int i = 0; i < 5; ++i) swarm.AddLeecher(blocked);
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, PeerExchangeIsEnoughWithoutADht) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.client.dht = false;
    options.client.trackers = TrackerRule::kNever;
    SwarmWorld swarm(options);
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(seconds(5));
    for (int i = 0; i < 6; ++i) {
      ClientHost& host = swarm.AddHost();
      TorrentOptions torrent;
      torrent.magnet = swarm.content->magnet();
      torrent.peers = {seeder.endpoint()};  // as x.pe of a magnet link names it
      host.AddTorrent(torrent);
      swarm.world.PowerOn(host.index());
    }
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(10)));
    swarm.world.RunFor(minutes(3));
    for (ClientHost* host : swarm.hosts) EXPECT_GE(host->status().peer_set, 5u);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, KeepsToTheRateLimitsOfTheNodeAndUsesThem) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.content.size = 12 << 20;
    options.rates = {0, 0};
    SwarmWorld swarm(options);
    ClientHost& seeder =
        swarm.AddSeeder([](ClientHostOptions& host) { host.client.up_rate = 200'000; });
    swarm.world.RunFor(seconds(10));
    swarm.AddLeecher();
    swarm.world.RunFor(seconds(15));
    const uint64_t before = swarm.world.streams().bytes_sent(seeder.index());
    swarm.world.RunFor(seconds(40));
    const uint64_t sent = swarm.world.streams().bytes_sent(seeder.index()) - before;
    EXPECT_NEAR(static_cast<double>(sent), 40 * 200'000.0, 0.05 * 40 * 200'000.0);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, KeepsToADownloadLimitToo) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.content.size = 12 << 20;
    options.rates = {0, 0};
    SwarmWorld swarm(options);
    for (int i = 0; i < 3; ++i) swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& leecher =
        swarm.AddLeecher([](ClientHostOptions& host) { host.client.down_rate = 200'000; });
    swarm.world.RunFor(seconds(15));
    const uint64_t before = leecher.status().downloaded;
    swarm.world.RunFor(seconds(40));
    const uint64_t received = leecher.status().downloaded - before;
    EXPECT_NEAR(static_cast<double>(received), 40 * 200'000.0, 0.1 * 40 * 200'000.0);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, OneClientFetchesSeveralTorrentsAtOnce) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    std::vector<std::shared_ptr<SharedContent>> contents;
    for (uint64_t i = 0; i < 5; ++i) {
      ContentOptions content;
      content.seed = 100 + i;
      content.size = (1 << 20) + i;
      contents.push_back(std::make_shared<SharedContent>(content));
      swarm.world.disks().AddContent(contents.back());
    }
    ClientHost& seeder = swarm.AddHost();
    ClientHost& leecher = swarm.AddHost();
    for (const auto& content : contents) {
      seeder.disk().Fill(*content);
      TorrentOptions torrent;
      torrent.metainfo = content->metainfo();
      seeder.AddTorrent(torrent);
      TorrentOptions link;
      link.magnet = content->magnet();
      leecher.AddTorrent(link);
    }
    swarm.world.PowerOn(seeder.index());
    swarm.world.RunFor(seconds(10));
    swarm.world.PowerOn(leecher.index());
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(5), seconds(1), [&] {
      for (const auto& content : contents) {
        const Bitfield* have = leecher.disk().have(content->info_hash());
        if (have == nullptr || !have->all()) return false;
      }
      return true;
    }));
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, ContentsOfOddSizesArrive) {
  struct Shape {
    uint64_t size;
    uint32_t piece_length;
  };
  const std::vector<Shape> shapes = {{1, 16384},      {16384, 16384},   {16385, 16384},
                                     {65536, 262144}, {100'000, 32768}, {(1 << 20) + 1, 1 << 20}};
  for (const Shape& shape : shapes) {
    EachRunTwice([&](uint64_t seed) {
      SwarmOptions options = Small(seed);
      options.content.size = shape.size;
      options.content.piece_length = shape.piece_length;
      SwarmWorld swarm(options);
      swarm.AddSeeder();
      swarm.world.RunFor(seconds(10));
      swarm.AddLeecher();
      EXPECT_TRUE(swarm.RunUntilComplete(minutes(3))) << shape.size;
      swarm.ExpectAllIsWell();
      return swarm.world.trace_hash();
    });
  }
}

TEST(SwarmCases, FetchesOnlyTheFilesThatWereSelected) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.content.files = {{{"a.bin"}, 1 << 20}, {{"b.txt"}, 1 << 20}, {{"c.bin"}, 1 << 20}};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& host = swarm.AddHost();
    TorrentOptions torrent;
    torrent.magnet = swarm.content->magnet();
    torrent.select = {"*.txt"};
    host.AddTorrent(torrent);
    swarm.world.PowerOn(host.index());
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(3), seconds(1),
                                     [&] { return host.history().complete.has_value(); }));
    EXPECT_EQ(host.disk().have(swarm.content->info_hash())->count(), 16u);
    EXPECT_EQ(host.status().total_bytes, 1u << 20);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, ASelectionOfNothingIsAFailureAndNotSuccess) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    swarm.AddSeeder();
    ClientHost& host = swarm.AddHost();
    TorrentOptions torrent;
    torrent.magnet = swarm.content->magnet();
    torrent.select = {"*.misspelt"};
    host.AddTorrent(torrent);
    swarm.world.PowerOn(host.index());
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(1), seconds(1),
                                     [&] { return host.history().torrents_failed == 1; }));
    EXPECT_FALSE(host.history().complete.has_value());
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, SequentialModeFetchesTheBeginningFirst) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.rates = {300'000, 300'000};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& host = swarm.AddHost();
    TorrentOptions torrent;
    torrent.magnet = swarm.content->magnet();
    torrent.sequential = true;
    host.AddTorrent(torrent);
    swarm.world.PowerOn(host.index());
    const auto have = [&] { return host.disk().have(swarm.content->info_hash()); };
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(3), milliseconds(100),
                                     [&] { return have() != nullptr && have()->count() >= 20; }));
    uint32_t leading = 0;
    while (have()->Has(PieceIndex(leading))) ++leading;
    EXPECT_GE(leading, have()->count() - 3);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, FinishesAmongHostsThatTalkNonsense) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    std::vector<GarbageHost*> garbage;
    for (int i = 0; i < 3; ++i) {
      const NodeIndex node = swarm.world.AddHost();
      auto host = std::make_unique<GarbageHost>(swarm.world, node, swarm.content->info_hash());
      garbage.push_back(host.get());
      swarm.world.SetParticipant(node, std::move(host));
    }
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    for (int i = 0; i < 5; ++i) swarm.AddLeecher();
    for (GarbageHost* host : garbage) {
      for (ClientHost* victim : swarm.hosts) host->AddVictim(victim->endpoint());
      for (DhtHost* victim : swarm.dht.hosts()) {
        host->AddVictim(swarm.world.endpoint(victim->index()));
      }
    }
    for (uint32_t i = 0; i < 3; ++i) swarm.world.PowerOn(NodeIndex(seeder.index().value() - 3 + i));
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(10)));
    swarm.world.RunFor(minutes(5));
    swarm.ExpectAllIsWell();
    for (GarbageHost* host : garbage) EXPECT_GT(host->connections_made(), 100u);
    return swarm.world.trace_hash();
  });
}

// A finished swarm that nobody wants anything of any more must nearly fall silent.
TEST(SwarmCases, AFinishedSwarmCostsLittle) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    for (int i = 0; i < 10; ++i) swarm.AddSeeder();
    swarm.world.RunFor(hours(1));
    const uint64_t events = swarm.world.events();
    const uint64_t dialled = swarm.world.streams().counts().dialled;
    swarm.world.RunFor(hours(3));
    const double per_node_and_minute =
        static_cast<double>(swarm.world.events() - events) / 30 / 180;
    EXPECT_LT(per_node_and_minute, 120);
    EXPECT_LT(swarm.world.streams().counts().dialled - dialled, 200u);
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, RemovingATorrentClosesItsConnectionsAndItCanComeBack) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = Small(seed);
    options.rates = {300'000, 300'000};
    SwarmWorld swarm(options);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& leecher = swarm.AddLeecher();
    swarm.world.RunFor(seconds(8));
    Client& client = leecher.client();
    EXPECT_EQ(client.torrents().size(), 1u);
    client.Remove(swarm.world.now(), client.torrents()[0]);
    swarm.world.Touch(leecher.index());
    swarm.world.RunFor(seconds(10));
    EXPECT_TRUE(client.torrents().empty());
    EXPECT_EQ(swarm.world.streams().connections(), 0u);
    TorrentOptions torrent;
    torrent.magnet = swarm.content->magnet();
    EXPECT_TRUE(client.Add(swarm.world.now(), torrent).ok());
    swarm.world.Touch(leecher.index());
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(3)));
    return swarm.world.trace_hash();
  });
}

TEST(SwarmCases, StopSaysGoodbyeAndLeavesNothingBehind) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Small(seed));
    ClientHost& seeder = swarm.AddSeeder();
    swarm.world.RunFor(seconds(10));
    ClientHost& leecher = swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(3)));
    leecher.client().Stop(swarm.world.now());
    swarm.world.Touch(leecher.index());
    EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + seconds(30), milliseconds(100),
                                     [&] { return !leecher.client().has_goodbyes(); }));
    swarm.world.RunFor(seconds(2));
    swarm.world.PowerOff(leecher.index());
    swarm.world.RunFor(seconds(2));
    EXPECT_EQ(seeder.status().connected, 0u);
    return swarm.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
