#include "sim/hosts.h"

#include "base/check.h"

namespace starling::sim {

NodeIndex Hosts::Add() {
  const NodeIndex node(size());
  CHECK(node.value() < plan_.slots_max());
  hosts_.push_back({links_.Place(node.value()), 0, true, false, Reachability::kPublic});
  return node;
}

void Hosts::Replace(NodeIndex node) {
  Host& host = hosts_[node.value()];
  host.generation = static_cast<uint16_t>((host.generation + 1u) % plan_.generations());
  host.coordinates = links_.Place(serial(node));
  host.up = true;
  host.listening = false;
  host.reachability = Reachability::kPublic;
}

void Hosts::Prefetch(const Endpoint& endpoint) const {
  const std::optional<AddressPlan::Resident> resident = plan_.Find(endpoint);
  if (resident.has_value() && resident->slot.value() < hosts_.size()) Prefetch(resident->slot);
}

std::optional<NodeIndex> Hosts::Find(const Endpoint& endpoint) const {
  const std::optional<AddressPlan::Resident> resident = plan_.Find(endpoint);
  if (!resident.has_value() || resident->slot.value() >= hosts_.size()) return std::nullopt;
  const Host& host = hosts_[resident->slot.value()];
  if (!host.up || host.generation != resident->generation) return std::nullopt;
  return resident->slot;
}

}  // namespace starling::sim
