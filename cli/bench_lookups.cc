#include "cli/bench_lookups.h"

#include <utility>

#include "base/bytes.h"

namespace starling::cli {

void BenchLog::Describe(BenchGroup* group) const {
  group->lookups = lookups_.size();
  sim::AddLookupDistributions(lookups_, &group->metrics);
}

void BenchLog::AddRows(const BenchGroup& group, sim::Table* table) const {
  for (size_t i = 0; i < lookups_.size(); ++i) {
    const sim::DhtLookup& lookup = lookups_[i];
    table->rows.push_back({group.variant, double(group.nodes), double(seeds_[i]),
                           ToHex(lookup.target.bytes), sim::ToNumber(lookup.hops),
                           sim::ToNumber(lookup.queries), sim::ToNumber(lookup.timeouts),
                           sim::ToNumber(lookup.bytes), sim::ToMilliseconds(lookup.first),
                           sim::ToMilliseconds(lookup.done), lookup.recall, group.dead});
  }
}

class BenchSlots::Slot final : public dht::PeerSink {
 public:
  explicit Slot(BenchSlots& owner) : owner_(owner) {}

  sim::DhtLookup lookup;

 private:
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time now, dht::LookupId, const dht::LookupReport& report) override {
    lookup.TakeReport(now, report);
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

}  // namespace starling::cli
