// A host on which a bare DHT node lives, as in worlds of a hundred thousand of them.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "dht/node.h"
#include "sim/world.h"

namespace starling::sim {

class DhtHost;

// Hands a host the table that it would have had for long.
class TableSource {
 public:
  virtual void Fill(DhtHost& host, Time now) = 0;

 protected:
  ~TableSource() = default;
};

class DhtHost final : public Participant {
 public:
  // A zero id in `options` is drawn.
  DhtHost(World& world, NodeIndex node, std::shared_ptr<const dht::Options> options);

  // Whom it asks when it is switched on.
  void SetRouters(std::vector<Endpoint> routers) { routers_ = std::move(routers); }
  // Its table is made only when somebody asks it. `source` outlives the host, or its first
  // datagram.
  void FillLater(TableSource& source) { source_ = &source; }
  void FillNow(Time now) {
    if (source_ != nullptr) std::exchange(source_, nullptr)->Fill(*this, now);
  }
  // While it is on. Commands to it are followed by world.Touch(index()).
  dht::Node& node() {
    CHECK(node_.has_value());
    return *node_;
  }
  NodeIndex index() const { return index_; }
  const NodeId& id() const { return id_; }
  void SetId(const NodeId& id) { id_ = id; }  // before it is switched on

  void OnPowerOn(Time now) override;
  void OnPowerOff(Time now) override;
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    FillNow(now);
    node_->OnDatagram(now, from, bytes);
  }
  void OnStream(Time now, std::unique_ptr<Stream> stream) override;
  void OnDeadline(Time now) override { node_->OnDeadline(now); }
  Time next_deadline() const override { return node_->next_deadline(); }
  void Prefetch(int step) const override {
    if (node_.has_value()) node_->Prefetch(step);
  }

 private:
  NodeIndex index_;
  std::optional<dht::Node> node_;  // next to what the world reads first
  TableSource* source_ = nullptr;  // of a table that is still to be made
  SeededRandom random_;
  SimPort port_;
  NodeId id_;
  std::shared_ptr<const dht::Options> options_;  // one for all nodes of a population
  std::vector<Endpoint> routers_;
};

// A new host with a DHT node, switched off. A zero id is drawn.
DhtHost& AddDhtHost(World& world, const dht::Options& options);
// The same for many, which share the options.
DhtHost& AddDhtHostSharing(World& world, std::shared_ptr<const dht::Options> options);
// The options that all simulated DHT nodes share: IPv4 only, since addresses are.
dht::Options SimulatedDhtOptions();

}  // namespace starling::sim
