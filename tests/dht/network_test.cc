// Networks of real nodes in memory: they find each other, each other's peers, and survive loss.

#include "tests/dht/network.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

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
  EXPECT_GE(network.MeasureRecall(30), 0.995);
}

TEST(Network, FormsWhenAllJoinAtTheSameMoment) {
  Network network(100);
  network.Join(Duration::zero());
  network.net().Run(minutes(1));
  for (size_t i = 0; i < network.size(); ++i) {
    EXPECT_GE(network.at(i)->stats().table_nodes, 16u) << i;
  }
  EXPECT_GE(network.MeasureRecall(30), 0.99);
}

TEST(Network, OfTwentyOnALocalMachineFormsWithinASecond) {
  Network network(20, {}, [](uint32_t index) {
    return Endpoint::V4(0x7f000001, static_cast<uint16_t>(10'000 + index));
  });
  network.net().set_delay(microseconds(100));
  network.Join(Duration::zero());
  network.net().Run(seconds(1));
  Collector announced;
  network.at(3)->Announce(network.net().now(), HashOf(1), 7000, announced);
  network.net().Run(milliseconds(100));
  EXPECT_TRUE(announced.done());
  Collector found;
  network.at(17)->GetPeers(network.net().now(), HashOf(1), found);
  network.net().Run(milliseconds(100));
  EXPECT_EQ(found.peers().size(), 1u);
}

TEST(Network, WorksWithFivePercentLoss) {
  Network network(60);
  SeededRandom random(5);
  network.net().set_drops([&](const Datagram&) { return random.Below(20) == 0; });
  network.Join();
  network.net().Run(minutes(2));
  Collector announced;
  network.at(7)->Announce(network.net().now(), HashOf(3), 7777, announced);
  ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return announced.done(); }));
  EXPECT_GE(announced.report().announced, 5);
  int found_by = 0;
  for (size_t i = 0; i < network.size(); ++i) {
    Collector found;
    network.at(i)->GetPeers(network.net().now(), HashOf(3), found);
    EXPECT_TRUE(network.net().RunUntil(seconds(20), [&] { return found.done(); }));
    found_by += found.peers().empty() ? 0 : 1;
  }
  EXPECT_EQ(found_by, 60);
}

TEST(Network, SurvivesTheLossOfItsRouterAndOfAThird) {
  Network network(60);
  network.Join();
  network.net().Run(minutes(2));
  Collector announced;
  network.at(59)->Announce(network.net().now(), HashOf(3), 7777, announced);
  network.net().Run(seconds(5));
  for (size_t i = 0; i < 20; ++i) network.Kill(i);
  Collector found;
  network.at(40)->GetPeers(network.net().now(), HashOf(3), found);
  ASSERT_TRUE(network.net().RunUntil(seconds(30), [&] { return found.done(); }));
  EXPECT_FALSE(found.peers().empty());
  network.net().Run(minutes(35));
  for (size_t i = 20; i < 60; ++i) {
    for (const Contact& contact : network.at(i)->contacts()) {
      EXPECT_TRUE(network.IsAlive(contact.id)) << "the dead are forgotten";
    }
  }
  EXPECT_GE(network.MeasureRecall(20), 0.99);
}

TEST(Network, HealsAfterEverybodyWasCutOffForAnHour) {
  Network network(40);
  network.Join();
  network.net().Run(minutes(2));
  network.net().set_drops([](const Datagram&) { return true; });
  const uint64_t asked = network.at(5)->stats().queries_out;
  network.net().Run(hours(1));
  EXPECT_GE(network.at(5)->stats().table_nodes, 20u) << "nobody is given up while nobody answers";
  EXPECT_LT(network.at(5)->stats().queries_out - asked, 60u * 8);
  network.net().set_drops(nullptr);
  network.net().Run(minutes(4));
  EXPECT_GE(network.MeasureRecall(20), 0.95);
}

TEST(Network, KeepsQuietWhenIdle) {
  Network network(50);
  network.Join();
  network.net().Run(hours(1));
  const uint64_t sent = network.net().sent();
  const uint64_t wake_ups = network.net().wake_ups();
  network.net().Run(hours(1));
  // Tables of some 40 entries: a ping and its answer each in 15 minutes, and few lookups.
  const uint64_t sent_by_node = (network.net().sent() - sent) / network.size();
  EXPECT_LE(sent_by_node, 700u);
  EXPECT_LE((network.net().wake_ups() - wake_ups) / network.size(), 400u);
  for (size_t i = 0; i < network.size(); ++i) {
    EXPECT_GE(network.at(i)->stats().table_nodes, 25u);
    EXPECT_EQ(network.at(i)->stats().timeouts, 0u);
  }
}

TEST(Network, RunsTheSameTwice) {
  const auto run = [] {
    Network network(30);
    SeededRandom random(8);
    network.net().set_drops([&](const Datagram&) { return random.Below(30) == 0; });
    network.Join();
    Collector found;
    network.at(9)->Announce(network.net().now(), HashOf(1), 1, found);
    network.net().Run(minutes(40));
    return std::make_pair(network.net().trace(), network.net().sent());
  };
  EXPECT_EQ(run(), run());
}

TEST(Network, OfBothFamiliesIsOneEach) {
  // A third has IPv4, a third IPv6, a third both; everybody knows one dual-stack router.
  SmallNet net;
  std::vector<std::unique_ptr<NetNode>> nodes;
  for (uint32_t i = 0; i < 30; ++i) {
    Endpoint six = At("[2001:db8::1]:6881");
    six.address[5] = static_cast<std::byte>(i + 1);  // each in a /48 of its own
    const bool is_six_only = i % 3 == 1;
    nodes.push_back(std::make_unique<NetNode>(net, is_six_only ? six : PublicAddress(i)));
    if (i % 3 == 0) nodes.back()->AlsoAt(six);
  }
  Endpoint six_router = At("[2001:db8::1]:6881");
  six_router.address[5] = std::byte{1};
  const std::vector<Endpoint> routers = {PublicAddress(0), six_router};
  for (const auto& node : nodes) {
    (*node)->Bootstrap(net.now(), routers);
    net.Run(milliseconds(100));
  }
  net.Run(minutes(3));
  EXPECT_GE(nodes[3]->node().stats().table_nodes, 8u);
  EXPECT_GE(nodes[3]->node().stats().table_nodes_v6, 8u);
  EXPECT_EQ(nodes[4]->node().stats().table_nodes, 0u);
  Collector announced;
  nodes[6]->node().Announce(net.now(), HashOf(1), 7000, announced);
  net.Run(seconds(10));
  EXPECT_EQ(announced.report().announced, 16);
  for (const size_t asker : {4, 5}) {  // IPv6 only, IPv4 only
    Collector found;
    nodes[asker]->node().GetPeers(net.now(), HashOf(1), found);
    net.Run(seconds(10));
    ASSERT_EQ(found.peers().size(), 1u);
    EXPECT_EQ(found.peers()[0].is_v4(), asker == 5) << "peers of its own family";
  }
}

}  // namespace
}  // namespace starling::dht
