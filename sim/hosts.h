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

namespace starling::sim {

class Hosts {
 public:
  Hosts(const AddressPlan& plan, const LinkModel& links) : plan_(plan), links_(links) {}

  NodeIndex Add();  // up at once
  void SetUp(NodeIndex node, bool up) { hosts_[node.value()].up = up; }
  // Does it take connections? Not at first.
  void SetListening(NodeIndex node, bool on) { hosts_[node.value()].listening = on; }
  void Replace(NodeIndex node);  // a new host in the slot, up

  uint32_t size() const { return static_cast<uint32_t>(hosts_.size()); }
  bool is_up(NodeIndex node) const { return hosts_[node.value()].up; }
  bool is_listening(NodeIndex node) const { return hosts_[node.value()].listening; }
  uint16_t generation(NodeIndex node) const { return hosts_[node.value()].generation; }
  const Coordinates& coordinates(NodeIndex node) const { return hosts_[node.value()].coordinates; }
  Endpoint endpoint(NodeIndex node) const { return plan_.EndpointOf(node, generation(node)); }
  Endpoint EndpointOf(NodeIndex node, uint32_t generation) const {
    return plan_.EndpointOf(node, generation);
  }
  // The host that is up at this address now, whatever the port.
  std::optional<NodeIndex> Find(const Endpoint& endpoint) const;

 private:
  struct Host {
    Coordinates coordinates;
    uint16_t generation;
    bool up;
    bool listening;
  };
  static_assert(sizeof(Host) == 16);

  AddressPlan plan_;
  const LinkModel& links_;
  std::vector<Host> hosts_;
};

}  // namespace starling::sim
