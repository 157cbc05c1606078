// One participant's life in a swarm run: where it lives, what its link can do, when it came, was
// done and left, and what it moved. Members are numbered in the order in which they came and are
// never forgotten; their hosts are, once they left.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/strong_int.h"
#include "base/time.h"
#include "sim/client_host.h"

namespace starling::sim {

// Totals of one Client: payload, and what its uplink carried of everything.
struct Traffic {
  uint64_t downloaded = 0;
  uint64_t uploaded = 0;
  uint64_t wasted = 0;  // of the downloaded: had already, or corrupt
  uint64_t link_up = 0;
  uint64_t link_down = 0;
  uint64_t dht_queries = 0;
};

struct Member {
  uint32_t number = 0;
  uint32_t population = 0;
  NodeIndex node;
  ClientHost* host = nullptr;  // null before it came and after it left
  uint64_t up = 0;             // of its link, bytes a second; 0: no limit
  uint64_t down = 0;
  bool honest = true;
  bool is_seed = false;
  Time joined = kNever;
  Time done = kNever;  // has every content
  Time left = kNever;
  Traffic before;     // of its Clients that ended: it crashed, or left
  Traffic link_base;  // what its place in the network had carried before it came
  uint32_t pieces_failed = 0;
  uint32_t peers_banned = 0;

  bool has_entered() const { return joined != kNever; }
  bool is_here() const { return host != nullptr && host->is_on(); }
  bool is_done() const { return done != kNever; }
};

using Members = std::deque<Member>;

}  // namespace starling::sim
