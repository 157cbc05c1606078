// `starling dht bench`: what lookups cost, in the simulator, among real nodes in this process, or
// in a network that is there. The three share their figures (BenchLookup) and what is written.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "sim/check_run.h"
#include "sim/result.h"

namespace starling::cli {

// The lookups of one variant in one network.
struct BenchGroup {
  std::string variant;  // "wide+pns", or with parameters "fast:alpha=4"
  uint64_t nodes = 0;   // 0: not known
  double dead = 0;      // share of the nodes that are dead but in the tables
  std::string churn;
  std::string latency;  // of a local network; empty: none but its own
  size_t lookups = 0;
  double cpu_us = 0;                      // a lookup; 0: not measured
  std::map<std::string, double> metrics;  // hops.mean, first_ms.p99, ... as a DHT's result has them
  std::vector<sim::CellResult> cells;     // what the targets expect of it
};

struct BenchReport {
  std::string source;    // "simulated", "local" or "live"
  std::string command;   // that makes it
  std::string about;     // how it was measured, a sentence or two
  bool partial = false;  // a signal ended it
  std::vector<BenchGroup> groups;
  // A row a lookup: the columns of lookups.csv.
  sim::Table lookups;
};

// The empty lookups.csv.
sim::Table BenchLookupsTable();

absl::StatusOr<int> RunBenchSimulated(const Arguments& arguments);
absl::StatusOr<int> RunBenchLocal(const Arguments& arguments);
absl::StatusOr<int> RunBenchLive(const Arguments& arguments);

}  // namespace starling::cli
