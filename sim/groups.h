// Hosts that share links: racks in sites, sites in regions, as deep as the scenario likes. What
// crosses the edge of a group waits for its latency and, if the group has a rate, passes one FIFO
// server that all of the group share: `up` on the way out, `down` on the way in. What stays inside
// of a group does not notice it.
//
// From host a to host b a chunk goes up through every group of a that does not hold b, travels, and
// goes down through every group of b that does not hold a. Datagrams and connection requests wait
// for the latencies alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong_int.h"
#include "base/time.h"
#include "sim/rate_server.h"

namespace starling::sim {

struct GroupTag;
using GroupIndex = StrongInt<GroupTag>;

struct GroupOptions {
  std::optional<GroupIndex> parent;
  uint64_t up = 0;     // bytes a second on the wire that leave the group together, 0: no limit
  uint64_t down = 0;   // that enter it together
  Duration latency{};  // one way, of whatever crosses its edge
};

class Groups {
 public:
  static constexpr uint32_t kDepthMax = 8;
  static constexpr uint32_t kGroupsMax = 65'535;

  GroupIndex Add(const GroupOptions& options);  // its parent exists, and is not too deep
  void Put(NodeIndex node, GroupIndex group);   // hosts that are put nowhere are in no group
  void TakeOut(NodeIndex node);                 // of whatever group it is in
  bool empty() const { return groups_.empty(); }

  // What the edges between two hosts add, one way.
  Duration Latency(NodeIndex from, NodeIndex to) const;

  // The way of a chunk as a list of shared links, those that have no limit left out: the one at
  // `step`, counted from 0, or null at the end. `crosses` tells how many come before the travel.
  RateServer* LinkAt(NodeIndex from, NodeIndex to, uint32_t step);
  uint32_t LinksBeforeTravel(NodeIndex from, NodeIndex to) const;

 private:
  static constexpr uint16_t kNone = 0xffff;
  struct Group {
    RateServer up;
    RateServer down;
    Duration latency;
    uint16_t parent;
    uint16_t depth;  // 0: has no parent
  };

  uint16_t GroupOf(NodeIndex node) const {
    return node.value() < group_of_.size() ? group_of_[node.value()] : kNone;
  }
  // The smallest group that holds both, or kNone.
  uint16_t CommonOf(uint16_t a, uint16_t b) const;

  std::vector<Group> groups_;
  std::vector<uint16_t> group_of_;
};

}  // namespace starling::sim
