// What a node keeps for each address family: IPv4 and IPv6 are two DHTs with one node id (BEP 32).
#pragma once

#include <array>

#include "dht/peer_store.h"
#include "dht/routing_table.h"

namespace starling::dht {

struct Family {
  bool is_enabled;
  Time refresh_at = kNever;  // the next look at what became questionable
  RoutingTable table;
  PeerStore peers;
  size_t filled_bucket = 0;  // where the last search for more contacts took place
};

// IPv4 first.
using Families = std::array<Family, 2>;
inline size_t FamilyOf(const Endpoint& endpoint) { return endpoint.is_v4() ? 0 : 1; }

}  // namespace starling::dht
