// Networks of real nodes in memory: they find each other, each other's peers, and survive loss.

#include <gtest/gtest.h>

#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

Endpoint PublicAddress(uint32_t index) {
  // Spread over the address space, none private.
  return Endpoint::V4(0x50000000 + index * 65537, 6881);
}

class Network {
 public:
  explicit Network(size_t size, const Options& options = {}) {
    for (uint32_t i = 0; i < size; ++i) {
      nodes_.push_back(std::make_unique<NetNode>(net_, PublicAddress(i), options));
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
  std::vector<NodeId> TrueClosest(const NodeId& target, const NetNode& asker, size_t count) {
    std::vector<NodeId> ids;
    for (const auto& node : nodes_) {
      if (node.get() != &asker) ids.push_back(node->node().id());
    }
    std::sort(ids.begin(), ids.end(),
              [&](const NodeId& a, const NodeId& b) { return IsCloser(target, a, b); });
    ids.resize(std::min(ids.size(), count));
    return ids;
  }
  NetNode& at(size_t index) { return *nodes_[index]; }
  size_t size() const { return nodes_.size(); }
  SmallNet& net() { return net_; }

 private:
  SmallNet net_;
  std::vector<std::unique_ptr<NetNode>> nodes_;
};

TEST(TwoNodes, OneFindsWhatTheOtherAnnounced) {
  SmallNet net;
  NetNode alice(net, At("127.0.0.1:4001"));
  NetNode bob(net, At("127.0.0.1:4002"));
  bob->Bootstrap(net.now(), std::vector<Endpoint>{alice.endpoint()});
  Collector announced;
  alice->Announce(net.now(), HashOf(1), 7000, announced);
  net.Run(seconds(1));
  alice->Announce(net.now(), HashOf(1), 7000, announced);
  ASSERT_TRUE(net.RunUntil(seconds(5), [&] { return announced.done_count() == 2; }));
  EXPECT_EQ(announced.report().announced, 1);

  Collector found;
  bob->GetPeers(net.now(), HashOf(1), found);
  EXPECT_TRUE(net.RunUntil(seconds(5), [&] { return found.done(); }));
  EXPECT_TRUE(found.Found(At("127.0.0.1:7000")));
}

TEST(TwoNodes, GetPeersRightAfterBootstrapWaitsForTheFirstContact) {
  SmallNet net;
  NetNode alice(net, At("127.0.0.1:4001"));
  NetNode bob(net, At("127.0.0.1:4002"));
  Collector found;
  bob->Bootstrap(net.now(), std::vector<Endpoint>{alice.endpoint()});
  bob->GetPeers(net.now(), HashOf(1), found);
  ASSERT_TRUE(net.RunUntil(seconds(1), [&] { return found.done(); }));
  EXPECT_FALSE(found.report().had_nobody_to_ask);
  EXPECT_EQ(found.report().replies, 1);
}

TEST(Network, OfFiftyFindsThePeerAnnouncedByAnother) {
  Network network(50);
  network.Join();
  network.net().Run(minutes(1));
  Collector announced;
  network.at(7)->Announce(network.net().now(), HashOf(3), 7777, announced);
  ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return announced.done(); }));
  EXPECT_EQ(announced.report().announced, 8);
  for (const size_t index : {0, 20, 49}) {
    Collector found;
    network.at(index)->GetPeers(network.net().now(), HashOf(3), found);
    ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return found.done(); }));
    Endpoint expected = network.at(7).endpoint();
    expected.port = 7777;
    EXPECT_TRUE(found.Found(expected)) << index;
    EXPECT_EQ(found.peers().size(), 1u);
  }
}

TEST(Network, LookupsFindTheTrueClosest) {
  Network network(100);
  network.Join();
  network.net().Run(minutes(2));
  size_t expected_count = 0;
  size_t found_count = 0;
  for (uint64_t i = 0; i < 30; ++i) {
    NetNode& asker = network.at(static_cast<size_t>(3 * i));
    Collector found;
    asker->GetPeers(network.net().now(), HashOf(100 + i), found);
    ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return found.done(); }));
    for (const NodeId& id : network.TrueClosest(NodeId::From(HashOf(100 + i)), asker, 8)) {
      ++expected_count;
      found_count += static_cast<size_t>(
          std::count_if(found.closest().begin(), found.closest().end(),
                        [&](const Contact& contact) { return contact.id == id; }));
    }
    EXPECT_LE(found.report().queries, 25);
    EXPECT_GE(found.report().hops, 1);
    EXPECT_LE(found.report().hops, 5);
  }
  EXPECT_GE(found_count * 1000, expected_count * 995);
}

}  // namespace
}  // namespace starling::dht
