// Counting a swarm (BEP 33, "New GET_PEERS semantics"): the union of the filters that nodes
// answered a get_peers with. What a node says is checked: a filter that is fuller than an honest
// one gets, or that lacks the very peers named beside it, does not count. Nodes that know no
// filters name peers; those are counted as peers unless a filter says that they are seeds.
#pragma once

#include <vector>

#include "dht/bloom_filter.h"
#include "dht/krpc.h"

namespace starling::dht {

struct ScrapeCount {
  BloomFilter seeds;
  BloomFilter peers;
  int filters = 0;  // nodes whose filters are in the union
  int refused = 0;  // nodes whose filters cannot be true
  int plain = 0;    // nodes that named peers and gave no filter
};

class Scrape {
 public:
  static constexpr size_t kPlainPeersMax = 2000;

  void OnReply(const krpc::Reply& reply);
  // What we store ourselves.
  void AddOwn(const BloomFilter& seeds, const BloomFilter& peers);
  // The count of all that came until now.
  ScrapeCount Finish() const;

 private:
  bool TakeFilters(const krpc::Reply& reply, std::span<const Endpoint> values);

  ScrapeCount count_;
  std::vector<Endpoint> plain_peers_;
};

}  // namespace starling::dht
