// Who can be reached by whom. A public host can be reached by everybody. One behind a cone NAT gets
// datagrams only from addresses that it wrote to within the last 55 s, which is how long its NAT
// keeps a mapping; a blocked one stands behind a firewall that does the same. Neither can be
// dialled: a connection request to it is never answered, and times out.
//
// Hole punching: where peers help each other to connect (BEP 55), a cone host can be dialled by a
// public or a cone host if the two NATs go together, which is drawn once a pair. The chance is an
// option of StreamNet, 0 unless said otherwise, because our node does not punch holes; studies of
// swarms whose clients do set it to kHolePunchingPpm.
#pragma once

#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "base/strong_int.h"
#include "base/time.h"

namespace starling::sim {

enum class Reachability : uint8_t { kPublic, kCone, kBlocked };

inline constexpr Duration kMappingLife = seconds(55);
inline constexpr uint32_t kHolePunchingPpm = 800'000;

struct ReachabilityMix {  // percent of the hosts; blocked is what is left
  uint32_t public_percent = 100;
  uint32_t cone_percent = 0;
};
inline constexpr ReachabilityMix kIdealReachability{100, 0};
inline constexpr ReachabilityMix kRealReachability{35, 50};

// The class of the `session`-th host in the place `node`: a pure function.
Reachability DrawReachability(const ReachabilityMix& mix, uint64_t seed, NodeIndex node,
                              uint64_t session);

// Which addresses each host behind a NAT or a firewall wrote to lately. Public hosts cost nothing.
class Mappings {
 public:
  // More than any node keeps alive; beyond, the oldest mapping gives way.
  static constexpr size_t kMappingsMax = 1024;

  void OnSent(Time now, NodeIndex from, const Endpoint& to);
  bool Admits(Time now, NodeIndex to, const Endpoint& from) const;
  void Forget(NodeIndex node);  // another host took its place

 private:
  struct Mapping {
    uint32_t address;
    uint32_t sent_ms;
  };
  static_assert(sizeof(Mapping) == 8);

  std::vector<std::vector<Mapping>> of_;  // by node, unordered
};

}  // namespace starling::sim
