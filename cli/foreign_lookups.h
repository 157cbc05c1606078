// The lookups of nodes of other programs, as the nodes that they ask see them: so other people's
// DHT nodes can be measured, in the same network and by the same figures, with nothing of them
// changed.
//
// A lookup is all `get_peers` queries for one target from one address. It begins when the first of
// them is sent, and an answer counts when the asker has it. What happens beyond our nodes is not
// seen: queries to others are not counted, and `hops`, `timeouts` and `bytes` stay unknown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "node/real_dht_crowd.h"
#include "sim/dht_lookup.h"
#include "sim/live_ids.h"

namespace starling::cli {

class ForeignLookups final : public StrangerListener {
 public:
  static constexpr size_t kLookupsMax = 100'000;  // what comes then is not counted
  static constexpr size_t kClosest = 8;

  // `ids`: of all our nodes, by number; outlives this.
  explicit ForeignLookups(const sim::LiveIds& ids) : ids_(ids) {}

  // Datagrams of strangers take no time to us; what is sent to them takes both ways.
  void OnStranger(Time now, size_t node, const Endpoint& from, ByteView bytes) override;
  // What a node sends to that stranger is on its way so long.
  void OnSend(const Endpoint& to, Duration way);

  // All that asked one of the 8 truly closest of our nodes, with the share of them that they asked.
  // Others cannot be told from what is no lookup.
  std::vector<sim::DhtLookup> Take();

 private:
  struct Watched {
    Time begun{};
    std::vector<uint32_t> closest;  // our nodes
    uint32_t queries = 0;
    uint32_t found = 0;        // of `closest`
    Duration first = kNotYet;  // until one of them had answered
    Duration done{};
  };
  using Key = std::pair<Endpoint, InfoHash>;
  // A query that is being answered.
  struct Asked {
    Watched* lookup;
    Endpoint from;
    uint32_t node;
    Time at;
    Duration way{};
    bool is_sent = false;
  };
  static constexpr Duration kNotYet = Duration::max();

  Watched* Find(Time now, const Key& key);
  void Note();

  const sim::LiveIds& ids_;
  std::map<Key, Watched> lookups_;
  std::optional<Asked> asked_;
};

}  // namespace starling::cli
