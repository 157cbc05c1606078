// A small world with a swarm in it: a DHT of bare nodes behind the name router.sim, one content,
// and Clients that know its magnet link or have it already.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "sim/checks.h"
#include "sim/client_host.h"
#include "sim/population.h"
#include "sim/tracker_site.h"

namespace starling::testing_support {

struct SwarmOptions {
  uint64_t seed = 1;
  sim::LinkOptions link{sim::LatencyProfile::kDefault, 0};
  sim::StreamOptions streams{};
  sim::ContentOptions content{};
  sim::AccessRates rates{1'000'000, 4'000'000};
  sim::DiskOptions disk{};
  size_t dht_nodes = 20;
  ClientOptions client{};
};

class SwarmWorld {
 public:
  explicit SwarmWorld(const SwarmOptions& options)
      : options(options),
        world(Options(options)),
        dht(world, options.dht_nodes),
        content(std::make_shared<sim::SharedContent>(options.content)) {
    world.disks().AddContent(content);
    dht.JoinHonestly(milliseconds(100));
    std::vector<Endpoint> routers;
    for (size_t i = 0; i < dht.size() && i < 3; ++i) {
      routers.push_back(world.endpoint(dht[i].index()));
    }
    if (!routers.empty()) world.services().AddName("router.sim", routers);
    world.RunFor(seconds(30));
  }

  using Change = std::function<void(sim::ClientHostOptions&)>;

  // Adds a host that is switched off and knows nothing.
  sim::ClientHost& AddHost(const Change& change = {}) {
    sim::ClientHostOptions host;
    host.client = options.client;
    if (host.client.dht_routers.empty()) host.client.dht_routers = {{"router.sim", 6881}};
    host.rates = options.rates;
    host.disk = options.disk;
    if (change) change(host);
    hosts.push_back(&sim::AddClientHost(world, host));
    return *hosts.back();
  }
  // On, with the whole content on its disk.
  sim::ClientHost& AddSeeder(const Change& change = {}) {
    sim::ClientHost& host = AddHost(change);
    host.disk().Fill(*content);
    TorrentOptions torrent;
    torrent.metainfo = content->metainfo();
    host.AddTorrent(torrent);
    world.PowerOn(host.index());
    return host;
  }
  // On, and knows only the magnet link.
  sim::ClientHost& AddLeecher(const Change& change = {}) {
    sim::ClientHost& host = AddHost(change);
    TorrentOptions torrent;
    torrent.magnet = content->magnet();
    host.AddTorrent(torrent);
    world.PowerOn(host.index());
    return host;
  }
  // Has every host that is on the whole content? Safety is checked on the way.
  bool RunUntilComplete(Duration limit) {
    return world.RunUntil(world.now() + limit, seconds(1), [this] {
      const absl::Status safe = sim::CheckNothingUnverified(hosts, *content);
      EXPECT_TRUE(safe.ok()) << safe;
      return sim::CheckEveryoneFinished(hosts, *content).ok();
    });
  }
  void ExpectAllIsWell() {
    for (const absl::Status& status :
         {sim::CheckNothingUnverified(hosts, *content), sim::CheckEveryoneFinished(hosts, *content),
          sim::CheckConservation(world)}) {
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  SwarmOptions options;
  sim::World world;
  sim::DhtPopulation dht;
  std::shared_ptr<sim::SharedContent> content;
  std::vector<sim::ClientHost*> hosts;

 private:
  static sim::WorldOptions Options(const SwarmOptions& options) {
    sim::WorldOptions world;
    world.seed = options.seed;
    world.slot_bits = 12;
    world.link = options.link;
    world.streams = options.streams;
    return world;
  }
};

}  // namespace starling::testing_support
