// Lookups on real sockets while they are made: so many at a time, and what each of them cost.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "cli/dht_bench.h"
#include "dht/node.h"
#include "sim/dht_lookup.h"

namespace starling::cli {

// What the lookups of a group cost; a recall that is not known is NaN.
class BenchLog {
 public:
  void Add(uint64_t seed, const sim::DhtLookup& lookup) {
    seeds_.push_back(seed);
    lookups_.push_back(lookup);
  }
  size_t size() const { return lookups_.size(); }
  // How many there are, and their distributions, under the names that a simulated DHT has.
  void Describe(BenchGroup* group) const;
  // A row a lookup of `group`.
  void AddRows(const BenchGroup& group, sim::Table* table) const;

 private:
  std::vector<sim::DhtLookup> lookups_;
  std::vector<uint64_t> seeds_;  // of each
};

// The sinks of running lookups.
class BenchSlots {
 public:
  // Called at the end of each; may begin the next one.
  using Done = absl::AnyInvocable<void(Time now, const sim::DhtLookup& lookup,
                                       const dht::LookupReport& report)>;

  BenchSlots(size_t concurrency, Done done);
  ~BenchSlots();  // after the nodes whose lookups still run
  BenchSlots(const BenchSlots&) = delete;
  BenchSlots& operator=(const BenchSlots&) = delete;

  bool HasRoom() const { return !free_.empty(); }
  size_t running() const { return slots_.size() - free_.size(); }
  // Where there is room. False: the node takes no more lookups now.
  bool Begin(Time now, dht::Node& node, uint64_t host, const NodeId& target);

 private:
  class Slot;
  Done done_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
};

}  // namespace starling::cli
