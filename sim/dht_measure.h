// Lookups in a simulated DHT and what they cost: starts them at hosts, hears their ends, compares
// what they found with what the oracle knows, and sums up.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dht/size_estimate.h"
#include "sim/dht_run.h"
#include "sim/eclipse.h"
#include "sim/live_ids.h"
#include "sim/population.h"

namespace starling::sim {

class DhtMeasure {
 public:
  static constexpr size_t kTruthSize = 8;     // the closest that a lookup should find
  static constexpr size_t kAccurateFrom = 7;  // so many of them are a success

  DhtMeasure(World& world, DhtPopulation& network, const LiveIds& live);
  ~DhtMeasure();

  // A lookup of host `host`; an unmeasured one is only counted as traffic.
  void Look(uint32_t host, const NodeId& target, bool measured);
  // `host` announces itself under a value of its own.
  void Announce(uint32_t host, const InfoHash& target);
  // Looks for what was announced under `target`, and counts whether it is found.
  void Seek(uint32_t host, const InfoHash& target);
  // The host's node is about to be gone, and its lookups with it.
  void OnDeparture(uint32_t host);

  // From now on it is counted which measured lookups that attacker captures. Outlives this.
  void WatchFor(const Eclipse& attacker) { attacker_ = &attacker; }

  // Bytes from here on belong to the measured time; those sent before, since an earlier call, to
  // a time in which nobody looked anything up, if `was_quiet`: this is what upkeep costs.
  void BeginWindow(bool was_quiet = false);

  uint64_t measured() const { return lookups_.size(); }
  size_t running() const { return running_; }
  std::vector<DhtLookup> TakeLookups() { return std::move(lookups_); }
  void AddMetrics(std::map<std::string, double>& metrics) const;

 private:
  enum class Kind : uint8_t { kMeasured, kTraffic, kAnnounce, kSeek };
  struct Probe;

  Probe& Begin(Kind kind, uint32_t host, const NodeId& target);
  void OnDone(Probe& probe, Time now, const dht::LookupReport& report);
  uint32_t CountFound(const Probe& probe, const dht::LookupReport& report, uint32_t& exist) const;
  void NoteClosest(const NodeId& target, std::span<const dht::Contact> closest);
  void Release(Probe& probe);
  void AddTraffic(std::map<std::string, double>& metrics) const;

  World& world_;
  DhtPopulation& network_;
  const LiveIds& live_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::vector<Probe*> free_;
  size_t running_ = 0;
  std::vector<DhtLookup> lookups_;
  std::map<InfoHash, Endpoint> announced_;
  uint64_t sought_ = 0;
  uint64_t found_ = 0;
  uint64_t abandoned_ = 0;
  const Eclipse* attacker_ = nullptr;
  uint64_t captured_ = 0;
  dht::SizeEstimate size_;
  // Of the window.
  Time window_begin_{};
  uint64_t bytes_before_ = 0;
  uint64_t datagrams_before_ = 0;
  uint64_t lookup_bytes_ = 0;
  std::optional<double> quiet_bytes_per_s_;  // of a node
};

}  // namespace starling::sim
