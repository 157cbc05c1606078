#include "sim/population.h"

#include <algorithm>

#include "dht/contact.h"

namespace starling::sim {

DhtPopulation::DhtPopulation(World& world, size_t size, const dht::Options& options)
    : world_(world), bucket_size_(options.bucket_size) {
  hosts_.reserve(size);
  for (size_t i = 0; i < size; ++i) hosts_.push_back(&AddDhtHost(world, options));
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

void DhtPopulation::StartWithReadyTables() {
  std::vector<DhtHost*> sorted = hosts_;
  std::sort(sorted.begin(), sorted.end(),
            [](const DhtHost* a, const DhtHost* b) { return a->id() < b->id(); });
  for (size_t position = 0; position < sorted.size(); ++position) {
    DhtHost& host = *sorted[position];
    SeededRandom random = world_.RandomFor(host.index(), Purpose::kPopulation);
    world_.PowerOn(host.index());
    host.node().Adopt(world_.now(), TableOf(position, sorted, random));
    world_.Touch(host.index());
  }
}

// Those that share exactly b leading bits with an id are neighbours in the sorted list, next to
// those that share more; of each such range a full bucket is drawn.
std::vector<dht::Contact> DhtPopulation::TableOf(size_t position, std::span<DhtHost* const> sorted,
                                                 Random& random) const {
  std::vector<dht::Contact> table;
  const NodeId& own_id = sorted[position]->id();
  const Coordinates& home = world_.hosts().coordinates(sorted[position]->index());
  size_t begin = 0;
  size_t end = sorted.size();
  for (size_t bit = 0; bit < 160 && end - begin > 1; ++bit) {
    const auto middle = static_cast<size_t>(
        std::partition_point(sorted.begin() + begin, sorted.begin() + end,
                             [bit](const DhtHost* host) { return !host->id().bit(bit); }) -
        sorted.begin());
    const bool high = own_id.bit(bit);
    const size_t from = high ? begin : middle;
    const size_t size = high ? middle - begin : end - middle;
    (high ? begin : end) = middle;
    std::vector<size_t> picks;
    while (picks.size() < std::min(size, bucket_size_)) {
      const size_t pick =
          size <= bucket_size_ ? picks.size() : static_cast<size_t>(random.Below(size));
      if (std::find(picks.begin(), picks.end(), pick) == picks.end()) picks.push_back(pick);
    }
    for (const size_t pick : picks) {
      const DhtHost& other = *sorted[from + pick];
      dht::Contact contact;
      contact.id = other.id();
      contact.endpoint = world_.endpoint(other.index());
      contact.failures = 0;
      contact.rtt_class =
          dht::RttClass(world_.links().RoundTrip(home, world_.hosts().coordinates(other.index())));
      // Seen at some time of the last quarter of an hour, so that not all are refreshed at once.
      const uint32_t now_s = dht::ToStamp(world_.now());
      const auto age_s = static_cast<uint32_t>(random.Below(dht::kQuestionableAfterS));
      contact.last_seen_s = now_s - std::min(now_s, age_s);
      table.push_back(contact);
    }
  }
  return table;
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
