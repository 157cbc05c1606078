#include "cli/bench_lookups.h"

#include <sys/resource.h>

#include <cmath>
#include <utility>

#include "base/bytes.h"

namespace starling::cli {

namespace {

double ToMilliseconds(Duration length) { return static_cast<double>(length.count()) / 1000; }

}  // namespace

void BenchLog::Describe(BenchGroup* group) const {
  group->lookups = lookups_.size();
  const auto add = [&](const char* name, auto value_of) {
    std::vector<double> values;
    values.reserve(lookups_.size());
    for (const Row& row : lookups_) {
      const double value = value_of(row.lookup);
      if (!std::isnan(value)) values.push_back(value);
    }
    if (!values.empty()) sim::AddDistribution(name, std::move(values), &group->metrics);
  };
  add("hops", [](const sim::DhtLookup& lookup) { return double(lookup.hops); });
  add("queries", [](const sim::DhtLookup& lookup) { return double(lookup.queries); });
  add("timeouts", [](const sim::DhtLookup& lookup) { return double(lookup.timeouts); });
  add("bytes", [](const sim::DhtLookup& lookup) { return double(lookup.bytes); });
  add("first_ms", [](const sim::DhtLookup& lookup) { return ToMilliseconds(lookup.first); });
  add("done_ms", [](const sim::DhtLookup& lookup) { return ToMilliseconds(lookup.done); });
  add("recall", [](const sim::DhtLookup& lookup) { return lookup.recall; });
}

void BenchLog::AddRows(const BenchGroup& group, sim::Table* table) const {
  for (const auto& [seed, lookup] : lookups_) {
    table->rows.push_back(
        {group.variant, double(group.nodes), double(seed), ToHex(lookup.target.bytes),
         double(lookup.hops), double(lookup.queries), double(lookup.timeouts), double(lookup.bytes),
         ToMilliseconds(lookup.first), ToMilliseconds(lookup.done), lookup.recall, group.dead});
  }
}

class BenchSlots::Slot final : public dht::PeerSink {
 public:
  explicit Slot(BenchSlots& owner) : owner_(owner) {}

  sim::DhtLookup lookup;

 private:
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time now, dht::LookupId, const dht::LookupReport& report) override {
    lookup.hops = static_cast<uint32_t>(report.hops);
    lookup.queries = static_cast<uint32_t>(report.queries);
    lookup.timeouts = static_cast<uint32_t>(report.timeouts);
    lookup.bytes = static_cast<uint32_t>(report.bytes);
    lookup.first = report.first;
    lookup.done = now - lookup.started;
    const sim::DhtLookup finished = lookup;
    owner_.free_.push_back(this);
    owner_.done_(now, finished, report);
  }

  BenchSlots& owner_;
};

BenchSlots::BenchSlots(size_t concurrency, Done done) : done_(std::move(done)) {
  for (size_t i = 0; i < concurrency; ++i) {
    slots_.push_back(std::make_unique<Slot>(*this));
    free_.push_back(slots_.back().get());
  }
}

BenchSlots::~BenchSlots() = default;

bool BenchSlots::Begin(Time now, dht::Node& node, uint64_t host, const NodeId& target) {
  Slot& slot = *free_.back();
  slot.lookup = {};
  slot.lookup.node = host;
  slot.lookup.target = target;
  slot.lookup.started = now;
  slot.lookup.recall = sim::kNoValue;
  if (node.GetPeers(now, InfoHash::From(target), slot) == dht::LookupId{}) return false;
  free_.pop_back();
  return true;
}

double ProcessCpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace starling::cli
