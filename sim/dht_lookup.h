// What one lookup cost, the same whether its network was simulated or real, and the distributions
// over many of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/id.h"
#include "base/time.h"
#include "dht/node.h"

namespace starling::sim {

// One measured lookup.
struct DhtLookup {
  static constexpr uint32_t kUnknown = UINT32_MAX;  // of somebody whom we only hear

  uint64_t node = 0;  // index of the host that looked
  NodeId target;
  Time started{};
  uint32_t hops = 0;  // length of the referral chain to the first of the k closest
  uint32_t queries = 0;
  uint32_t timeouts = 0;
  uint32_t bytes = 0;               // its queries and the answers to them, without headers
  Duration first{};                 // until the first of the k closest found answered
  std::optional<Duration> nearest;  // until the nearest one did; unset: unknown
  Duration done{};                  // until it ended
  uint32_t found = 0;  // how many of the 8 closest live nodes it found, in a small network of all
  double recall = 0;   // `found` as a share; NaN where nobody knows

  // It ended: takes over what the node reports.
  void TakeReport(Time now, const dht::LookupReport& report);
};

double ToMilliseconds(Duration length);
double ToMilliseconds(std::optional<Duration> length);  // NaN if it is unknown
// NaN if it is unknown.
double ToNumber(uint32_t count);

// Adds the distributions of hops, queries, timeouts, bytes, first_ms, nearest_ms, done_ms
// and recall.
void AddLookupDistributions(std::span<const DhtLookup> lookups,
                            std::map<std::string, double>* metrics);

}  // namespace starling::sim
