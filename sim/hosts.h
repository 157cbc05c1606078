// Which hosts there are: where each lives, whether it is up, and its address. A slot is a place in
// the simulation; when a host leaves for good another takes its slot with a new generation, and so
// a new address and new coordinates. 16 bytes a host.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/endpoint.h"
#include "base/strong_int.h"
#include "sim/addresses.h"
#include "sim/link_model.h"
#include "sim/reachability.h"

namespace starling::sim {

class Hosts {
 public:
  Hosts(const AddressPlan& plan, const LinkModel& links) : plan_(plan), links_(links) {}

  NodeIndex Add();  // up at once
  void SetUp(NodeIndex node, bool up) { hosts_[node.value()].up = up; }
  // Does it take connections? Not at first.
  void SetListening(NodeIndex node, bool on) { hosts_[node.value()].listening = on; }
  // Public at first.
  void SetReachability(NodeIndex node, Reachability reachability) {
    hosts_[node.value()].reachability = reachability;
  }
  void Replace(NodeIndex node);  // a new host in the slot, up

  uint32_t size() const { return static_cast<uint32_t>(hosts_.size()); }
  bool is_up(NodeIndex node) const { return hosts_[node.value()].up; }
  bool is_listening(NodeIndex node) const { return hosts_[node.value()].listening; }
  Reachability reachability(NodeIndex node) const { return hosts_[node.value()].reachability; }
  uint16_t generation(NodeIndex node) const { return hosts_[node.value()].generation; }
  const Coordinates& coordinates(NodeIndex node) const { return hosts_[node.value()].coordinates; }
  // Of the host that has the slot now, unlike that of any other of the run.
  uint64_t serial(NodeIndex node) const { return uint64_t{generation(node)} << 32 | node.value(); }
  Endpoint endpoint(NodeIndex node) const { return plan_.EndpointOf(node, generation(node)); }
  Endpoint EndpointOf(NodeIndex node, uint32_t generation) const {
    return plan_.EndpointOf(node, generation);
  }
  void Prefetch(NodeIndex node) const { __builtin_prefetch(&hosts_[node.value()]); }
  void Prefetch(const Endpoint& endpoint) const;
  // The host that is up at this address now, whatever the port.
  std::optional<NodeIndex> Find(const Endpoint& endpoint) const;

 private:
  struct Host {
    Coordinates coordinates;
    uint16_t generation;
    bool up : 1;
    bool listening : 1;
    Reachability reachability;
  };
  static_assert(sizeof(Host) == 16);

  AddressPlan plan_;
  const LinkModel& links_;
  std::vector<Host> hosts_;
};

}  // namespace starling::sim
