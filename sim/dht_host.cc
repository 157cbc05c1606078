#include "sim/dht_host.h"

#include <utility>

namespace starling::sim {

DhtHost::DhtHost(World& world, NodeIndex node, const dht::Options& options)
    : index_(node),
      options_(options),
      random_(world.RandomFor(node, Purpose::kProtocol)),
      port_(world.datagrams(), node) {
  if (options_.id.is_zero()) options_.id = random_.NextId<NodeId>();
}

void DhtHost::OnPowerOn(Time now) {
  node_.emplace(options_, port_, random_);
  if (!routers_.empty()) node_->Bootstrap(now, routers_);
}

void DhtHost::OnPowerOff(Time) { node_.reset(); }

void DhtHost::OnStream(Time, std::unique_ptr<Stream> stream) { stream.reset(); }

dht::Options SimulatedDhtOptions() {
  dht::Options options;
  options.ipv6 = false;
  return options;
}

DhtHost& AddDhtHost(World& world, const dht::Options& options) {
  const NodeIndex node = world.AddHost();
  auto host = std::make_unique<DhtHost>(world, node, options);
  DhtHost& added = *host;
  world.SetParticipant(node, std::move(host));
  return added;
}

}  // namespace starling::sim
