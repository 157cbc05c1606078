// Whoever looks for peers in a test: keeps what a lookup found.
#pragma once

#include <set>

#include "dht/node.h"
#include "sim/dht_host.h"

namespace starling::testing_support {

class LookupProbe final : public dht::PeerSink {
 public:
  void Find(sim::World& world, sim::DhtHost& host, const InfoHash& target) {
    host.node().GetPeers(world.now(), target, *this);
    world.Touch(host.index());
  }
  void Announce(sim::World& world, sim::DhtHost& host, const InfoHash& target, uint16_t port) {
    host.node().Announce(world.now(), target, port, *this);
    world.Touch(host.index());
  }
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint> peers) override {
    found.insert(peers.begin(), peers.end());
  }
  void OnDone(Time, dht::LookupId, const dht::LookupReport& result) override {
    done = true;
    report = result;
  }

  std::set<Endpoint> found;
  bool done = false;
  dht::LookupReport report;
};

}  // namespace starling::testing_support
