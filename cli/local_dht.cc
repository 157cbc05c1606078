#include "cli/local_dht.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "dht/routing_table.h"

namespace starling::cli {

namespace {

constexpr size_t kRouters = 3;
constexpr Duration kLookEvery = milliseconds(50);
constexpr size_t kLastBucket = dht::RoutingTable::kBuckets - 1;
constexpr uint32_t kUnlimited = 1'000'000;  // a second, of queries
constexpr uint32_t kUnlimitedBytes = 1'000'000'000;

sim::LinkOptions LinksOf(sim::LatencyProfile profile) {
  sim::LinkOptions options;
  options.profile = profile;
  options.loss_ppm = 0;
  return options;
}

}  // namespace

PlacedDelay::PlacedDelay(sim::LatencyProfile profile, uint64_t seed, size_t nodes)
    : links_(LinksOf(profile), seed) {
  for (size_t i = 0; i < nodes; ++i) places_.push_back(links_.Place(i));
}

sim::Coordinates PlacedDelay::PlaceOf(const std::optional<size_t>& index,
                                      const Endpoint& endpoint) const {
  if (index.has_value() && *index < places_.size()) return places_[*index];
  constexpr uint64_t kElsewhere = uint64_t{1} << 63;  // no number of ours
  return links_.Place(kElsewhere | uint64_t{endpoint.v4()} << 16 | endpoint.port);
}

Duration PlacedDelay::OneWay(const Endpoint& from, const Endpoint& to) {
  const std::optional<size_t> index = DhtCrowd::IndexOf(to);
  const sim::Coordinates here = PlaceOf(DhtCrowd::IndexOf(from), from);
  const sim::Coordinates there = PlaceOf(index, to);
  const Duration way = links_.OneWay(here, there, packets_++);
  if (index.has_value()) return way;
  const Duration both = way + links_.OneWay(there, here, packets_++);
  if (strangers_ != nullptr) strangers_->OnSend(to, both);
  return both;
}

absl::StatusOr<std::unique_ptr<LocalDht>> LocalDht::Open(AsioLoop& loop,
                                                         const LocalDhtOptions& options) {
  std::unique_ptr<LocalDht> network(new LocalDht(options));  // a private constructor
  DhtCrowdOptions crowd;
  crowd.nodes = options.nodes;
  crowd.seed = options.seed;
  crowd.strangers = &network->strangers_;
  crowd.node.variant = options.variant;
  crowd.node.lookups_max = 1024;
  crowd.node.queries_per_second_max = kUnlimited;
  crowd.node.answer_bytes_per_second_max = kUnlimitedBytes;
  if (options.latency.has_value()) {
    network->delay_ = std::make_unique<PlacedDelay>(*options.latency, options.seed, options.nodes);
    network->delay_->SetStrangers(network->strangers_);
    crowd.delay = network->delay_.get();
  }
  ASSIGN_OR_RETURN(network->crowd_, DhtCrowd::Open(loop, crowd));
  for (size_t i = 0; i < options.nodes; ++i) {
    network->ids_.Append(network->crowd_->node(i).id(), static_cast<uint32_t>(i));
  }
  network->ids_.Sort();
  network->unready_.resize(options.nodes);
  std::iota(network->unready_.begin(), network->unready_.end(), size_t{0});
  return network;
}

std::vector<Endpoint> LocalDht::Routers() const {
  std::vector<Endpoint> routers;
  for (size_t i = 0; i < std::min(kRouters, crowd_->size()); ++i) {
    routers.push_back(crowd_->endpoint(i));
  }
  return routers;
}

void LocalDht::Join(Time now, size_t index) {
  std::vector<Endpoint> known = Routers();
  if (index < known.size()) {
    known.erase(known.begin() + static_cast<ptrdiff_t>(index));
    known.insert(known.end(), options_.others.begin(), options_.others.end());
  } else {
    known = {known[index % known.size()]};
  }
  crowd_->node(index).Bootstrap(now, known);
  crowd_->Touch(index);
}

bool LocalDht::Tick(Time now) {
  if (joined_ < crowd_->size() && (joined_ == 0 || now >= last_join_ + options_.join_spacing)) {
    if (joined_ == 0) first_join_ = now;
    Join(now, joined_++);
    last_join_ = now;
  }
  if (now < next_look_) return false;
  next_look_ = now + kLookEvery;
  unready_.erase(std::remove_if(unready_.begin(), unready_.end(),
                                [this](size_t index) { return IsReady(index); }),
                 unready_.end());
  return joined_ == crowd_->size() && unready_.empty();
}

Duration LocalDht::JoinSpacing() const {
  if (joined_ < 2) return options_.join_spacing;
  return (last_join_ - first_join_) / static_cast<int64_t>(joined_ - 1);
}

size_t LocalDht::ready() const { return crowd_->size() - unready_.size(); }

std::vector<NodeId> LocalDht::TrulyClosest(const NodeId& target, uint64_t but) const {
  std::array<sim::LiveIds::Entry, kClosest + 1> entries;
  const size_t count = ids_.Closest(target, entries);
  std::vector<NodeId> closest;
  for (size_t i = 0; i < count && closest.size() < kClosest; ++i) {
    if (entries[i].node != but) closest.push_back(entries[i].id);
  }
  return closest;
}

bool LocalDht::IsReady(size_t index) {
  if (index >= joined_) return false;
  const std::vector<NodeId> closest = TrulyClosest(crowd_->node(index).id(), index);
  const std::vector<dht::Contact> known = crowd_->node(index).contacts();
  const NodeId& own = crowd_->node(index).id();
  const auto is_missed = [&](const NodeId& id) {
    const int shared = SharedPrefixBits(own, id);
    size_t beside = 0;
    for (const dht::Contact& contact : known) {
      if (contact.id == id) return false;
      if (SharedPrefixBits(own, contact.id) == shared) ++beside;
    }
    const size_t bucket = std::min(static_cast<size_t>(shared), kLastBucket);
    return beside < options_.variant->BucketSize(bucket);
  };
  return std::count_if(closest.begin(), closest.end(), is_missed) <= kMissingMax;
}

double LocalDht::TableContacts() {
  double contacts = 0;
  for (size_t i = 0; i < crowd_->size(); ++i) contacts += crowd_->node(i).stats().table_nodes;
  return contacts / static_cast<double>(crowd_->size());
}

double LocalDht::RecallOf(uint64_t host, const NodeId& target,
                          std::span<const dht::Contact> closest) const {
  const std::vector<NodeId> truth = TrulyClosest(target, host);
  const auto found = std::count_if(truth.begin(), truth.end(), [&](const NodeId& id) {
    return std::any_of(closest.begin(), closest.end(),
                       [&](const dht::Contact& contact) { return contact.id == id; });
  });
  return truth.empty() ? 1 : static_cast<double>(found) / static_cast<double>(truth.size());
}

}  // namespace starling::cli
