#include "sim/population.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "dht/tuned_variant.h"

namespace starling::sim {

namespace {

// All nodes have one variant in common.
std::shared_ptr<const dht::Options> Shared(const dht::Options& options) {
  auto shared = std::make_shared<dht::Options>(options);
  if (shared->variant == nullptr) {
    shared->variant = dht::MakePlainVariant(options.bucket_size, options.lookup_parallel);
  }
  return shared;
}

}  // namespace

DhtPopulation::DhtPopulation(World& world, size_t size, const dht::Options& options)
    : world_(world), options_(Shared(options)) {
  hosts_.reserve(size);
  for (size_t i = 0; i < size; ++i) hosts_.push_back(&AddDhtHostSharing(world, options_));
}

void DhtPopulation::JoinHonestly(Duration spacing) {
  const size_t routers = std::min<size_t>(3, hosts_.size());
  for (size_t i = 0; i < hosts_.size(); ++i) {
    DhtHost* host = hosts_[i];
    std::vector<Endpoint> known;
    if (i < routers) {
      for (size_t other = 0; other < routers; ++other) {
        if (other != i) known.push_back(world_.endpoint(hosts_[other]->index()));
      }
    } else {
      known.push_back(world_.endpoint(hosts_[i % routers]->index()));
    }
    host->SetRouters(std::move(known));
    world_.At(world_.now() + spacing * static_cast<int64_t>(i),
              [this, host](Time) { world_.PowerOn(host->index()); });
  }
}

DhtHost& DhtPopulation::Replace(size_t index, std::vector<Endpoint> routers) {
  const NodeIndex slot = hosts_[index]->index();
  world_.Renew(slot);
  auto host = std::make_unique<DhtHost>(world_, slot, options_);
  hosts_[index] = host.get();
  host->SetRouters(std::move(routers));
  world_.SetParticipant(slot, std::move(host));
  world_.PowerOn(slot);
  return *hosts_[index];
}

void DhtPopulation::StartWithReadyTables() {
  ReadyTables tables(world_, *options_->variant);
  for (uint32_t i = 0; i < hosts_.size(); ++i) tables.Add(hosts_[i]->id(), hosts_[i]->index(), i);
  tables.Sort();
  for (size_t position = 0; position < tables.size(); ++position) {
    DhtHost& host = *hosts_[tables[position].place];
    SeededRandom random = world_.RandomFor(host.index(), Purpose::kPopulation);
    world_.PowerOn(host.index());
    host.node().Adopt(world_.now(), tables.TableOf(position, random));
    world_.Touch(host.index());
  }
}

void DhtPopulation::StartWithLateTables() {
  late_tables_ = std::make_unique<ReadyTables>(world_, *options_->variant);
  for (uint32_t i = 0; i < hosts_.size(); ++i) {
    late_tables_->Add(hosts_[i]->id(), hosts_[i]->index(), i);
    world_.PowerOn(hosts_[i]->index());
    hosts_[i]->FillLater(*this);
  }
  late_tables_->Sort();
}

void DhtPopulation::Fill(DhtHost& host, Time now) {
  SeededRandom random = world_.RandomFor(host.index(), Purpose::kPopulation);
  host.node().Adopt(now, late_tables_->TableOf(late_tables_->PositionOf(host.id()), random));
}

std::vector<DhtHost*> DhtPopulation::Closest(const NodeId& target, size_t count) const {
  std::vector<DhtHost*> closest;
  for (DhtHost* host : hosts_) {
    if (world_.hosts().is_up(host->index())) closest.push_back(host);
  }
  count = std::min(count, closest.size());
  std::partial_sort(
      closest.begin(), closest.begin() + static_cast<ptrdiff_t>(count), closest.end(),
      [&](const DhtHost* a, const DhtHost* b) { return IsCloser(target, a->id(), b->id()); });
  closest.resize(count);
  return closest;
}

}  // namespace starling::sim
