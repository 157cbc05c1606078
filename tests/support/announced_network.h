// Worlds of DHT nodes that joined by themselves and in which some serve torrents, whole or in two
// halves.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/population.h"
#include "tests/support/dht_probe.h"

namespace starling::sim {

inline WorldOptions Lossless(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.link.loss_ppm = 0;
  return options;
}

// A network in which `announcers` nodes serve a torrent each.
struct AnnouncedNetwork {
  AnnouncedNetwork(const WorldOptions& options, size_t size, size_t announcers,
                   const dht::Options& nodes = SimulatedDhtOptions())
      : world(options),
        network(world, size, nodes),
        random(SeededRandom::For(options.seed, 0, 99)) {
    network.JoinHonestly(milliseconds(200));
    world.RunFor(milliseconds(200) * static_cast<int64_t>(size) + minutes(5));
    for (size_t i = 0; i < announcers; ++i) targets.push_back(random.NextId<InfoHash>());
  }
  DhtHost& Any() { return network[static_cast<size_t>(random.Below(network.size()))]; }
  void AnnounceAll() {
    AnnounceAll([this]() -> DhtHost& { return Any(); });
  }
  template <class Pick>
  void AnnounceAll(Pick pick) {
    std::vector<std::unique_ptr<testing_support::LookupProbe>> probes;
    for (const InfoHash& target : targets) {
      DhtHost& host = pick();
      values.push_back(world.endpoint(host.index()));
      probes.push_back(std::make_unique<testing_support::LookupProbe>());
      probes.back()->Announce(world, host, target, kSimulatedPort);
      world.RunFor(milliseconds(100));
    }
    world.RunFor(seconds(30));
    for (const auto& probe : probes) {
      EXPECT_TRUE(probe->done);
      EXPECT_GE(probe->report.announced, 1);
    }
  }
  void AnnounceAnew() {
    values.clear();
    for (InfoHash& target : targets) target = random.NextId<InfoHash>();
    AnnounceAll();
  }
  // How many of the values a node drawn by `pick` finds.
  template <class Pick>
  size_t CountFound(Pick pick) {
    std::vector<std::unique_ptr<testing_support::LookupProbe>> probes;
    for (const InfoHash& target : targets) {
      probes.push_back(std::make_unique<testing_support::LookupProbe>());
      probes.back()->Find(world, pick(), target);
      world.RunFor(milliseconds(100));
    }
    world.RunFor(seconds(30));
    size_t found = 0;
    for (size_t i = 0; i < probes.size(); ++i) {
      EXPECT_TRUE(probes[i]->done);
      found += probes[i]->found.count(values[i]);
    }
    return found;
  }

  World world;
  DhtPopulation network;
  SeededRandom random;
  std::vector<InfoHash> targets;
  std::vector<Endpoint> values;
};

// Two halves of a network that cannot reach each other for a while.
struct DividedNetwork : AnnouncedNetwork {
  DividedNetwork(const WorldOptions& options, size_t size, size_t announcers,
                 const dht::Options& nodes = SimulatedDhtOptions())
      : AnnouncedNetwork(options, size, announcers, nodes), half(size / 2) {}
  void Divide() {
    partition = &world.rules().Add(std::make_unique<Partition>());
    for (size_t i = 1; i < network.size(); i += 2) partition->Put(network[i].index(), 1);
  }
  void Heal() { world.rules().Remove(*partition); }
  DhtHost& Even() { return network[2 * random.Below(half)]; }
  DhtHost& Odd() { return network[2 * random.Below(half) + 1]; }
  size_t FoundByEven() {
    return CountFound([this]() -> DhtHost& { return Even(); });
  }
  size_t FoundByOdd() {
    return CountFound([this]() -> DhtHost& { return Odd(); });
  }

  size_t half;
  Partition* partition = nullptr;
};

}  // namespace starling::sim
