// A DHT on its own: bare nodes, no content. The spec says how many nodes there are, how they come
// and go and what they look up; RunDht builds that world, lets it run and says what every measured
// lookup cost. Pure: the same spec and seed give the same result, nothing is printed or read.
//
//   DhtSpec spec;
//   spec.nodes = 1000;
//   const DhtResult result = RunDht(spec, /*seed=*/1);
//   result.metrics.at("hops.mean")
//
// Course of a run: the nodes start (ready tables or honest joins), `dead_share` of them dies, churn
// sets in, `warm_up` passes, then lookups are made and measured: `lookups` of them by random nodes,
// or, with `lookup_every`, one by each node in every such period for `run_time`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/id.h"
#include "base/time.h"
#include "dht/lookup_variant.h"
#include "sim/dht_lookup.h"
#include "sim/link_model.h"

namespace starling::sim {

struct DhtSpec {
  uint64_t nodes = 10'000;

  // The protocol: the node's own options.
  // How lookups go and whom tables keep; empty: plain, with these two.
  dht::LookupVariantPointer variant;
  uint32_t bucket_size = 8;  // k
  uint32_t parallel = 3;     // alpha
  Duration query_timeout = seconds(2);
  // Zero: a silent node holds its place in a lookup until query_timeout.
  Duration short_timeout = milliseconds(500);
  // Longer than short_timeout where the round trips of a node say so (mean + 4 deviations).
  bool short_timeout_adapts = true;

  // The network. The targets' figures are those of a network that loses nothing.
  LatencyProfile latency = LatencyProfile::kDefault;
  double loss = 0;             // share of the datagrams
  bool access_delay = true;    // false: the h of the latency model is 0
  Duration mean_round_trip{};  // scales all round trips to this mean; zero: as they are

  // How it begins, and who leaves.
  bool honest_join = false;  // false: tables are ready, made from the list of all ids
  Duration join_spacing{};   // between two joins; zero: 10 ms
  // Ready tables are made only of nodes that are asked: much faster and smaller for large networks
  // that just stand, but nobody else refreshes anything, so that upkeep cannot be measured.
  bool late_tables = false;
  double dead_share = 0;  // dead from the start, but still in the others' tables
  std::string churn;      // profile of churn.h; empty: nobody comes or goes

  // An attacker (sim/eclipse.h): so many of the nodes stand around one key, which is what every
  // lookup is for. 0: there is none.
  uint32_t attackers = 0;
  bool bound_ids = false;  // all ids belong to their addresses, and nodes insist on it (BEP 42)

  // What is done and measured.
  Duration warm_up{};
  uint32_t lookups = 4000;  // by random nodes for random targets; unused with lookup_every
  Duration lookup_spacing = milliseconds(5);
  Duration lookup_every{};  // each node looks something up once in this time, in warm_up too
  Duration run_time = minutes(60);  // of measuring, with lookup_every
  // Announced once by random nodes while lookups are measured, never refreshed, and looked for by
  // other nodes `value_after` later.
  uint32_t values = 0;
  Duration value_after = minutes(30);
};

struct DhtResult {
  std::vector<DhtLookup> lookups;  // in the order of their ends
  // Distributions (.mean .sd .min .max .p10 .p50 .p90 .p99 ..., see AddDistribution) of hops,
  // queries, timeouts, bytes, first_ms, nearest_ms, done_ms, recall over the lookups. And:
  //   timed_out_share          of the lookups' queries
  //   accurate_share           lookups that found at least 7 of the true 8
  //   found_share              values found after `value_after`
  //   captured_share           lookups of whose closest most were attackers
  //   size_ratio               the network's size as estimated from all measured lookups, over what
  //                            it is (dht/size_estimate.h)
  //   abandoned                lookups whose node left before they ended
  //   sent_bytes_per_s         that a node sent on average while measuring, without headers
  //   maintenance_bytes_per_s  the same without what lookups and announces took; of warm_up, where
  //                            nobody looks anything up in it
  //   datagrams_per_s          sent by a node
  //   table_contacts           verified, in a node's table at the end
  //   departures               nodes that left and were replaced
  std::map<std::string, double> metrics;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t datagrams = 0;
  Duration simulated{};
  bool partial = false;  // stopped by `until` or by the watcher
};

struct DhtProgress {
  Time now;  // from the start of the run, like all times here
  Time end;  // when the run will be over
  uint64_t events;
  uint64_t datagrams;
  uint64_t lookups;  // measured so far
};
// Called some hundred times in a run; false stops it.
using DhtWatcher = std::function<bool(const DhtProgress&)>;

// InvalidArgument, with what is allowed, if the spec cannot be run.
absl::Status CheckDhtSpec(const DhtSpec& spec);
// `spec` must pass CheckDhtSpec. Stops at `until`, which counts from the start of the run.
DhtResult RunDht(const DhtSpec& spec, uint64_t seed, const DhtWatcher& watcher = nullptr,
                 Time until = kNever);
// What a run will take, roughly: bytes of memory, and CPU seconds on a core of 2.6 GHz.
uint64_t EstimateDhtMemory(const DhtSpec& spec);
double EstimateDhtCpuSeconds(const DhtSpec& spec);

}  // namespace starling::sim
