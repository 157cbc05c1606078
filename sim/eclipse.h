// The attacker of D6: some hosts of a DHT whose ids stand around one key, so that whoever looks for
// it finds them and nobody else. Where ids are bound to addresses (BEP 42), each of his hosts has
// the one of its possible ids that is nearest to the key; everybody else an id of his address.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/population.h"

namespace starling::sim {

class Eclipse {
 public:
  // The first `attackers` hosts of `network`, which has not started yet.
  Eclipse(const World& world, DhtPopulation& network, uint32_t attackers, bool bound_ids);

  const NodeId& key() const { return key_; }
  uint32_t attackers() const { return static_cast<uint32_t>(ids_.size()); }
  // More than half of the closest are his.
  bool IsCaptured(std::span<const dht::Contact> closest) const;

 private:
  NodeId key_;
  std::vector<NodeId> ids_;  // of the attackers, sorted
};

}  // namespace starling::sim
