// What a DHT node counted since its start: plain numbers, pulled by whoever shows them.
#pragma once

#include <cstdint>

namespace starling::dht {

struct Stats {  // plain counters since the start
  uint64_t datagrams_in = 0, datagrams_out = 0, bytes_in = 0, bytes_out = 0;
  uint64_t malformed = 0, unsolicited = 0, queries_in = 0, queries_limited = 0;
  uint64_t queries_out = 0, replies_in = 0, errors_in = 0, timeouts = 0;
  uint32_t table_nodes = 0, table_nodes_v6 = 0, lookups_running = 0, stored_peers = 0;
};

}  // namespace starling::dht
