#include "sim/dht_host.h"

#include <utility>

namespace starling::sim {

DhtHost::DhtHost(World& world, NodeIndex node, std::shared_ptr<const dht::Options> options)
    : index_(node),
      random_(world.RandomFor(node, Purpose::kProtocol)),
      port_(world.datagrams(), node),
      id_(options->id),
      options_(std::move(options)) {
  if (id_.is_zero()) id_ = random_.NextId<NodeId>();
}

void DhtHost::OnPowerOn(Time now) {
  dht::Options options = *options_;
  options.id = id_;
  node_.emplace(options, port_, random_);
  if (!routers_.empty()) node_->Bootstrap(now, routers_);
}

void DhtHost::OnPowerOff(Time) { node_.reset(); }

void DhtHost::OnStream(Time, std::unique_ptr<Stream> stream) { stream.reset(); }

dht::Options SimulatedDhtOptions() {
  dht::Options options;
  options.ipv6 = false;
  // Ids are drawn, whatever the address, and the oracle knows them.
  options.security = dht::IdSecurity::kOff;
  options.one_per_network = false;
  return options;
}

DhtHost& AddDhtHostSharing(World& world, std::shared_ptr<const dht::Options> options) {
  const NodeIndex node = world.AddHost();
  auto host = std::make_unique<DhtHost>(world, node, std::move(options));
  DhtHost& added = *host;
  world.SetParticipant(node, std::move(host));
  return added;
}

DhtHost& AddDhtHost(World& world, const dht::Options& options) {
  return AddDhtHostSharing(world, std::make_shared<const dht::Options>(options));
}

}  // namespace starling::sim
