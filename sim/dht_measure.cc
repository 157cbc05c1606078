#include "sim/dht_measure.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "sim/result.h"

namespace starling::sim {
namespace {

constexpr size_t kTablesLookedAt = 1000;

}  // namespace

struct DhtMeasure::Probe final : dht::PeerSink {
  explicit Probe(DhtMeasure& owner) : owner(owner) {}
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint> peers) override {
    if (kind != Kind::kSeek) return;
    is_found = is_found || std::find(peers.begin(), peers.end(), wanted) != peers.end();
  }
  void OnDone(Time now, dht::LookupId, const dht::LookupReport& report) override {
    owner.OnDone(*this, now, report);
  }

  DhtMeasure& owner;
  bool is_running = false;
  bool is_found = false;
  Kind kind = Kind::kTraffic;
  uint32_t host = 0;
  NodeId target;
  Endpoint wanted;
  Time started{};
};

DhtMeasure::DhtMeasure(World& world, DhtPopulation& network, const LiveIds& live)
    : world_(world), network_(network), live_(live) {}

DhtMeasure::~DhtMeasure() = default;

DhtMeasure::Probe& DhtMeasure::Begin(Kind kind, uint32_t host, const NodeId& target) {
  if (free_.empty()) {
    probes_.push_back(std::make_unique<Probe>(*this));
    free_.push_back(probes_.back().get());
  }
  Probe& probe = *free_.back();
  free_.pop_back();
  ++running_;
  probe.is_running = true;
  probe.is_found = false;
  probe.kind = kind;
  probe.host = host;
  probe.target = target;
  probe.started = world_.now();
  return probe;
}

void DhtMeasure::Look(uint32_t host, const NodeId& target, bool measured) {
  Probe& probe = Begin(measured ? Kind::kMeasured : Kind::kTraffic, host, target);
  network_[host].node().GetPeers(world_.now(), InfoHash::From(target), probe);
  world_.Touch(network_[host].index());
}

void DhtMeasure::Announce(uint32_t host, const InfoHash& target) {
  Probe& probe = Begin(Kind::kAnnounce, host, NodeId::From(target));
  announced_[target] = world_.endpoint(network_[host].index());
  network_[host].node().Announce(world_.now(), target, kSimulatedPort, probe);
  world_.Touch(network_[host].index());
}

void DhtMeasure::Seek(uint32_t host, const InfoHash& target) {
  Probe& probe = Begin(Kind::kSeek, host, NodeId::From(target));
  probe.wanted = announced_.at(target);
  network_[host].node().GetPeers(world_.now(), target, probe);
  world_.Touch(network_[host].index());
}

void DhtMeasure::OnDeparture(uint32_t host) {
  if (running_ == 0) return;
  for (const std::unique_ptr<Probe>& probe : probes_) {
    if (!probe->is_running || probe->host != host) continue;
    if (probe->kind == Kind::kMeasured) ++abandoned_;
    Release(*probe);
  }
}

void DhtMeasure::Release(Probe& probe) {
  CHECK(probe.is_running);
  probe.is_running = false;
  --running_;
  free_.push_back(&probe);
}

void DhtMeasure::OnDone(Probe& probe, Time now, const dht::LookupReport& report) {
  lookup_bytes_ += report.bytes;
  if (probe.kind == Kind::kSeek) {
    ++sought_;
    found_ += probe.is_found ? 1 : 0;
  }
  if (probe.kind == Kind::kMeasured) {
    DhtLookup row;
    row.node = probe.host;
    row.target = probe.target;
    row.started = probe.started;
    row.TakeReport(now, report);
    uint32_t exist = 0;
    row.found = CountFound(probe, report, exist);
    row.recall = exist == 0 ? 1 : static_cast<double>(row.found) / exist;
    lookups_.push_back(row);
    NoteClosest(probe.target, report.closest);
  }
  Release(probe);
}

void DhtMeasure::NoteClosest(const NodeId& target, std::span<const dht::Contact> closest) {
  if (attacker_ != nullptr && attacker_->IsCaptured(closest)) ++captured_;
  if (closest.size() < kTruthSize) return;
  std::array<NodeId, kTruthSize> ids;
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = closest[i].id;
  size_.Add(target, ids);
}

// How many of the true closest are among what was found. A node does not find itself.
uint32_t DhtMeasure::CountFound(const Probe& probe, const dht::LookupReport& report,
                                uint32_t& exist) const {
  std::array<LiveIds::Entry, kTruthSize + 1> truth;
  const size_t count = live_.Closest(probe.target, truth);
  uint32_t found = 0;
  for (size_t i = 0; i < count && exist < kTruthSize; ++i) {
    if (truth[i].node == probe.host) continue;
    ++exist;
    const bool is_found =
        std::any_of(report.closest.begin(), report.closest.end(),
                    [&](const dht::Contact& contact) { return contact.id == truth[i].id; });
    found += is_found ? 1 : 0;
  }
  return found;
}

void DhtMeasure::BeginWindow(bool was_quiet) {
  const double node_seconds = ToSeconds(world_.now() - window_begin_) * double(live_.size());
  if (was_quiet && node_seconds > 0) {
    quiet_bytes_per_s_ = double(world_.datagrams().counts().bytes - bytes_before_) / node_seconds;
  }
  window_begin_ = world_.now();
  bytes_before_ = world_.datagrams().counts().bytes;
  datagrams_before_ = world_.datagrams().counts().sent;
  lookup_bytes_ = 0;
}

void DhtMeasure::AddMetrics(std::map<std::string, double>& metrics) const {
  AddLookupDistributions(lookups_, &metrics);
  uint64_t queries = 0;
  uint64_t timeouts = 0;
  uint64_t accurate = 0;
  for (const DhtLookup& lookup : lookups_) {
    queries += lookup.queries;
    timeouts += lookup.timeouts;
    accurate += lookup.recall >= double(kAccurateFrom) / kTruthSize ? 1 : 0;
  }
  if (queries > 0) metrics["timed_out_share"] = double(timeouts) / double(queries);
  if (!lookups_.empty()) metrics["accurate_share"] = double(accurate) / double(lookups_.size());
  if (attacker_ != nullptr && !lookups_.empty()) {
    metrics["captured_share"] = double(captured_) / double(lookups_.size());
  }
  if (size_.lookups() > 0 && live_.size() > 0) {
    metrics["size_ratio"] = size_.nodes() / double(live_.size());
  }
  if (sought_ > 0) metrics["found_share"] = double(found_) / double(sought_);
  metrics["values_sought"] = double(sought_);
  metrics["abandoned"] = double(abandoned_);
  AddTraffic(metrics);
}

void DhtMeasure::AddTraffic(std::map<std::string, double>& metrics) const {
  const double window_s = ToSeconds(world_.now() - window_begin_);
  const double node_seconds = window_s * double(live_.size());
  if (node_seconds > 0) {
    const double bytes = double(world_.datagrams().counts().bytes - bytes_before_);
    const double datagrams = double(world_.datagrams().counts().sent - datagrams_before_);
    metrics["sent_bytes_per_s"] = bytes / node_seconds;
    // Answers that come when their lookup is over are in no lookup's bytes: with many lookups they
    // would pass for upkeep.
    metrics["maintenance_bytes_per_s"] =
        quiet_bytes_per_s_.value_or((bytes - double(lookup_bytes_)) / node_seconds);
    metrics["datagrams_per_s"] = datagrams / node_seconds;
  }
  double contacts = 0;
  const size_t sample = std::min(kTablesLookedAt, live_.size());
  for (size_t i = 0; i < sample; ++i) {
    const LiveIds::Entry& entry = live_[i * live_.size() / sample];
    contacts += network_[entry.node].node().stats().table_nodes;
  }
  if (sample > 0) metrics["table_contacts"] = contacts / double(sample);
}

}  // namespace starling::sim
