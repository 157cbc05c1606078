// Many DHT nodes at once: a network that joins honestly, node by node, or one whose routing tables
// are handed out ready, as a converged network has them, made from the sorted list of ids.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "sim/dht_host.h"
#include "sim/ready_tables.h"
#include "sim/world.h"

namespace starling::sim {

class DhtPopulation : private TableSource {
 public:
  // `size` hosts, switched off.
  DhtPopulation(World& world, size_t size, const dht::Options& options = SimulatedDhtOptions());

  // Each is switched on `spacing` after the one before and asks one of the first three.
  void JoinHonestly(Duration spacing);
  // All are switched on now and know whom they would know after a long time.
  void StartWithReadyTables();
  // The same, but a table is made when its node is first asked, or told by EnsureTable: for many
  // nodes of which few are asked. Nobody else refreshes anything meanwhile.
  void StartWithLateTables();
  void EnsureTable(size_t index) { hosts_[index]->FillNow(world_.now()); }
  // The host in this place leaves for good and without a goodbye; another one, with another id and
  // address, takes it and asks `routers` at once.
  DhtHost& Replace(size_t index, std::vector<Endpoint> routers);

  size_t size() const { return hosts_.size(); }
  DhtHost& operator[](size_t index) { return *hosts_[index]; }
  std::span<DhtHost* const> hosts() const { return hosts_; }
  // The `count` hosts that are on and closest to `target`, nearest first.
  std::vector<DhtHost*> Closest(const NodeId& target, size_t count) const;

 private:
  void Fill(DhtHost& host, Time now) override;

  World& world_;
  std::shared_ptr<const dht::Options> options_;
  std::vector<DhtHost*> hosts_;
  std::unique_ptr<ReadyTables> late_tables_;
};

}  // namespace starling::sim
