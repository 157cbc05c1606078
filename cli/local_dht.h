// A DHT of real nodes in this process that forms by itself: one node after the other is switched on
// and asks one of the first three, as the simulator's honest joins do; all that one knows of the
// others it has learned by asking.
//
// It is formed when each node's table is ready: of the 8 nodes that are truly nearest to it, all
// but one at most are in its table, verified by an answer, or their bucket is full of others. What
// lookups need besides, the far buckets, was filled on the way to its own place.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/foreign_lookups.h"
#include "node/real_dht_crowd.h"
#include "sim/link_model.h"
#include "sim/live_ids.h"

namespace starling::cli {

struct LocalDhtOptions {
  size_t nodes = 0;  // at least 2
  uint64_t seed = 1;
  dht::LookupVariantPointer variant;
  std::optional<sim::LatencyProfile> latency;  // none: what the loopback interface takes
  Duration join_spacing{};
  std::vector<Endpoint> others;  // nodes of other programs, which the first three ask too
};

// The distances of a simulated network of the same seed, in which nobody's datagrams are lost. Of a
// node that is not ours nothing can be delayed but what it is sent; so that takes both ways.
class PlacedDelay final : public DelayModel {
 public:
  PlacedDelay(sim::LatencyProfile profile, uint64_t seed, size_t nodes);
  Duration OneWay(const Endpoint& from, const Endpoint& to) override;
  // Is told how long what is sent to strangers takes; outlives this.
  void SetStrangers(ForeignLookups& strangers) { strangers_ = &strangers; }

 private:
  sim::Coordinates PlaceOf(const std::optional<size_t>& index, const Endpoint& endpoint) const;
  sim::LinkModel links_;
  std::vector<sim::Coordinates> places_;
  uint64_t packets_ = 0;
  ForeignLookups* strangers_ = nullptr;
};

class LocalDht {
 public:
  // The most that a node asks, and answers, is not limited: all of them share one machine, and so
  // few are asked by so many.
  static absl::StatusOr<std::unique_ptr<LocalDht>> Open(AsioLoop& loop,
                                                        const LocalDhtOptions& options);

  // Switches on whose turn it is, one at most: they join one after the other even where the machine
  // had no time for us meanwhile. True from when on the network is formed.
  bool Tick(Time now);
  size_t joined() const { return joined_; }
  size_t ready() const;
  Time last_join() const { return last_join_; }
  Duration JoinSpacing() const;  // what it was in the mean: the least, or more

  DhtCrowd& crowd() { return *crowd_; }
  // Of all nodes, whom `node` is among them the number of.
  const sim::LiveIds& ids() const { return ids_; }
  // Whom somebody asks who wants to join.
  std::vector<Endpoint> Routers() const;
  double TableContacts();  // of a node, on average
  // Lookups of others in this network.
  ForeignLookups& strangers() { return strangers_; }
  // The share of the truly closest 8, but for `host` itself, that are among `closest`.
  double RecallOf(uint64_t host, const NodeId& target, std::span<const dht::Contact> closest) const;

 private:
  static constexpr size_t kClosest = 8;
  static constexpr ptrdiff_t kMissingMax = 1;  // of these, in a table that is ready

  explicit LocalDht(const LocalDhtOptions& options) : options_(options) {}
  void Join(Time now, size_t index);
  bool IsReady(size_t index);
  std::vector<NodeId> TrulyClosest(const NodeId& target, uint64_t but) const;

  const LocalDhtOptions options_;
  sim::LiveIds ids_;
  ForeignLookups strangers_{ids_};
  std::unique_ptr<PlacedDelay> delay_;
  std::unique_ptr<DhtCrowd> crowd_;
  std::vector<size_t> unready_;
  size_t joined_ = 0;
  Time first_join_ = kNever;
  Time last_join_ = kNever;
  Time next_look_{};
};

}  // namespace starling::cli
