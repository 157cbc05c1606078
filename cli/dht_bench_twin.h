// The twin of a local network in the simulator: the same code, the same ids, places and lookups,
// and the same course in time. What differs is only that its sockets and clock are real, so its
// figures must agree.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "cli/dht_bench.h"
#include "cli/interrupt.h"
#include "dht/lookup_variant.h"
#include "sim/link_model.h"

namespace starling::cli {

// The course of a run on real sockets.
struct TwinTimes {
  Duration join_spacing{};
  Duration warm_up{};  // from the last join to the first lookup
  Duration lookup_spacing{};
};

struct TwinSpec {
  size_t nodes = 0;
  dht::LookupVariantPointer variant;
  sim::LatencyProfile latency{};
  uint64_t lookups = 0;
  std::vector<uint64_t> seeds;
  std::vector<TwinTimes> times;  // of each seed
};

// Adds to `group`, which has its metrics, what they should be: hops within 0.15, queries within 8 %
// and, where the model and not the machine makes the delays, the time to the first answer within
// 10 %; that is shown only, and not judged, if datagrams left too late (metric late_ms). Cancelled
// when a signal came.
absl::Status AddTwin(const TwinSpec& spec, const InterruptWatch& interrupts, BenchGroup* group);

}  // namespace starling::cli
