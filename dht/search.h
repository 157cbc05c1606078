// One search of a node: a lookup for each address family, what it is for, and whom to tell. The
// user's searches end with OnDone; those of the node itself (for its own neighbourhood, for sparse
// buckets) have no sink.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/check.h"
#include "dht/item_search.h"
#include "dht/lookup_paths.h"
#include "dht/node.h"

namespace starling::dht {

struct Search {
  enum class Phase : uint8_t {
    kWaiting,     // for the first contact in the table
    kAsking,      // find_node, get_peers or get
    kAnnouncing,  // announce_peer or put to the closest
    kFinished,    // OnDone is about to be called
  };
  enum class Purpose : uint8_t { kFindNode, kGetPeers, kAnnounce, kGetItem, kPutItem };

  Search(Purpose purpose, const NodeId& target, const Options& options, Time now)
      : purpose(purpose),
        started(now),
        lookups{LookupPaths(target, *options.variant, PathsOf(purpose, options)),
                LookupPaths(target, *options.variant, PathsOf(purpose, options))} {}
  static size_t PathsOf(Purpose purpose, const Options& options) {
    const bool stores = purpose == Purpose::kAnnounce || purpose == Purpose::kPutItem;
    return stores ? options.announce_paths : 1;
  }

  LookupId id{};
  Purpose purpose;
  Phase phase = Phase::kWaiting;
  bool wants_both = false;      // asks for IPv4 and IPv6 nodes alike
  uint16_t announced_port = 0;  // 0: implied
  bool is_seed = false;         // what is announced
  uint32_t pending = 0;         // routers asked, or announces not yet answered
  PeerSink* sink = nullptr;
  std::unique_ptr<ItemSearch> item;  // of searches for items, which is then the sink
  Time started;
  Time wait_until = kNever;
  std::array<LookupPaths, 2> lookups;  // IPv4, IPv6
  LookupReport report;
  std::unique_ptr<Scrape> scrape;            // where the swarm is to be counted
  absl::flat_hash_set<Endpoint> seen_peers;  // found in, never walked

  const NodeId& target() const { return lookups[0].target(); }
  // Enough peers came (LookupVariant::IsEnough) for a search that wants nothing else.
  bool has_enough = false;
  bool is_done() const {
    return pending == 0 && (has_enough || (lookups[0].done() && lookups[1].done()));
  }
};

// Searches by id. An id is never given twice, so a late answer cannot reach the wrong search.
class Searches {
 public:
  Search& Add(std::unique_ptr<Search> search) {
    size_t slot = 0;
    while (slot < slots_.size() && slots_[slot] != nullptr) ++slot;
    if (slot == slots_.size()) slots_.emplace_back();
    search->id = static_cast<LookupId>(uint64_t{++generation_} << 32 | slot);
    slots_[slot] = std::move(search);
    ++count_;
    return *slots_[slot];
  }
  Search* Find(LookupId id) const {
    const size_t slot = static_cast<uint32_t>(static_cast<uint64_t>(id));
    if (slot >= slots_.size() || slots_[slot] == nullptr) return nullptr;
    return slots_[slot]->id == id ? slots_[slot].get() : nullptr;
  }
  // Gives the search back to the caller, so that its end can be told after it is gone from here.
  std::unique_ptr<Search> Take(LookupId id) {
    CHECK(Find(id) != nullptr);
    std::unique_ptr<Search> search = std::move(slots_[static_cast<uint32_t>(id)]);
    if (--count_ == 0) std::vector<std::unique_ptr<Search>>().swap(slots_);
    return search;
  }
  // In the order of their slots; may be null.
  size_t slots() const { return slots_.size(); }
  Search* at(size_t slot) const { return slot < slots_.size() ? slots_[slot].get() : nullptr; }
  size_t size() const { return count_; }

 private:
  std::vector<std::unique_ptr<Search>> slots_;
  uint32_t generation_ = 0;
  size_t count_ = 0;
};

}  // namespace starling::dht
