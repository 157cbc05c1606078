// Many real nodes in a small net, all of which know the first one at the beginning.
#pragma once

#include <gtest/gtest.h>

#include "tests/dht/small_net.h"

namespace starling::dht {

inline Endpoint PublicAddress(uint32_t index) {
  // Spread over the address space, none private.
  return Endpoint::V4(0x50000000 + index * 65537, 6881);
}

class Network {
 public:
  explicit Network(size_t size, const Options& options = {},
                   const std::function<Endpoint(uint32_t)>& address = PublicAddress) {
    for (uint32_t i = 0; i < size; ++i) {
      nodes_.push_back(std::make_unique<NetNode>(net_, address(i), options));
    }
  }
  // Everybody knows the first node and nobody else.
  void Join(Duration pause = milliseconds(50)) {
    const std::vector<Endpoint> routers = {nodes_[0]->endpoint()};
    for (size_t i = 1; i < nodes_.size(); ++i) {
      (*nodes_[i])->Bootstrap(net_.now(), routers);
      net_.Run(pause);
    }
  }
  // Random lookups by live nodes: the share of the true 8 closest live nodes that they found.
  double MeasureRecall(size_t lookups) {
    size_t expected = 0;
    size_t hits = 0;
    for (size_t i = 0; i < lookups; ++i) {
      NetNode* asker = nodes_[(nodes_.size() - 1 - 3 * i) % nodes_.size()].get();
      if (asker == nullptr) continue;
      const InfoHash target = HashOf(100 + i);
      Collector found;
      asker->node().GetPeers(net_.now(), target, found);
      EXPECT_TRUE(net_.RunUntil(seconds(20), [&] { return found.done(); }));
      for (const NodeId& id : TrueClosest(NodeId::From(target), *asker)) {
        ++expected;
        for (const Contact& contact : found.closest()) hits += contact.id == id ? 1 : 0;
      }
      EXPECT_GE(found.report().hops, 1);
      EXPECT_LE(found.report().hops, 6);
    }
    return static_cast<double>(hits) / static_cast<double>(expected);
  }
  void Kill(size_t index) { nodes_[index].reset(); }
  bool IsAlive(const NodeId& id) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
      return node != nullptr && node->node().id() == id;
    });
  }
  NetNode& at(size_t index) { return *nodes_[index]; }
  size_t size() const { return nodes_.size(); }
  SmallNet& net() { return net_; }

 private:
  std::vector<NodeId> TrueClosest(const NodeId& target, NetNode& asker) {
    std::vector<NodeId> ids;
    for (const auto& node : nodes_) {
      if (node != nullptr && node.get() != &asker) ids.push_back(node->node().id());
    }
    std::sort(ids.begin(), ids.end(),
              [&](const NodeId& a, const NodeId& b) { return IsCloser(target, a, b); });
    ids.resize(std::min<size_t>(ids.size(), 8));
    return ids;
  }

  SmallNet net_;
  std::vector<std::unique_ptr<NetNode>> nodes_;
};

}  // namespace starling::dht
