// Datagrams between simulated hosts. A port lends the sender space in an arena; what is written
// there travels as it is, and the receiver reads it in place: no copy, no allocation in steady
// state. Datagrams lie packed one after another, so a million on the way cost what their bytes do.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/seams.h"
#include "sim/event_queue.h"
#include "sim/groups.h"
#include "sim/hosts.h"
#include "sim/link_model.h"
#include "sim/reachability.h"
#include "sim/residents.h"
#include "sim/rules.h"

namespace starling::sim {

struct DatagramCounts {
  uint64_t sent = 0;
  uint64_t bytes = 0;
  uint64_t delivered = 0;
  uint64_t lost = 0;         // by the link model or by a rule
  uint64_t undelivered = 0;  // nobody was there, on departure or on arrival
  uint64_t blocked = 0;      // by a NAT or a firewall that did not expect it
};

class DatagramNet {
 public:
  DatagramNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links, const Groups& groups,
              const Rules& rules, Residents& residents);
  ~DatagramNet();
  DatagramNet(const DatagramNet&) = delete;
  DatagramNet& operator=(const DatagramNet&) = delete;

  void Send(Time now, NodeIndex from, const Endpoint& to, DatagramPort::Writer write);
  // Another host takes the place of `node`.
  void Forget(NodeIndex node) { mappings_.Forget(node); }
  // Handles an event of kind kDatagram.
  void OnEvent(const Event& event);
  void Prefetch(const Event& event) const;
  void PrefetchSender(const Event& event) const;  // after Prefetch
  // The bytes of a datagram that is about to be delivered.
  ByteView BytesOf(const Event& event) const;
  const DatagramCounts& counts() const { return counts_; }

 private:
  struct Header;
  struct Block;

  Header& HeaderAt(uint32_t handle) const;
  ByteSpan Lend();
  void Queue(Time arrival, NodeIndex to, uint32_t handle);
  void Release(uint32_t handle);

  EventQueue& queue_;
  const Hosts& hosts_;
  const LinkModel& links_;
  const Groups& groups_;
  const Rules& rules_;
  Residents& residents_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<uint32_t> free_blocks_;
  uint32_t open_block_ = 0;  // where the next datagram is written
  Mappings mappings_;
  DatagramCounts counts_;
};

// The port of one node.
class SimPort final : public DatagramPort {
 public:
  SimPort(DatagramNet& net, NodeIndex self) : net_(net), self_(self) {}
  void Send(Time now, const Endpoint& to, Writer write) override {
    net_.Send(now, self_, to, write);
  }

 private:
  DatagramNet& net_;
  NodeIndex self_;
};

}  // namespace starling::sim
