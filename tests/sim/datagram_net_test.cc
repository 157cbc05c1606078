#include "sim/datagram_net.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

using testing_support::SimNetwork;
using testing_support::SimNetworkOptions;

struct DatagramNetTest : testing::Test {
  DatagramNetTest() : network(Many()) {
    network.on_datagram = [this](Time now, NodeIndex node, const Endpoint& from, ByteView bytes) {
      arrived.push_back({now, node, from, std::string(AsText(bytes).data(), bytes.size())});
    };
  }
  static SimNetworkOptions Many() {
    SimNetworkOptions options;
    options.hosts = 50;
    return options;
  }
  void Send(NodeIndex from, const Endpoint& to, const std::string& text) {
    network.datagrams.Send(network.now(), from, to, [&](ByteSpan space) {
      std::memcpy(space.data(), text.data(), text.size());
      return text.size();
    });
  }
  struct Arrival {
    Time when;
    NodeIndex node;
    Endpoint from;
    std::string bytes;
  };
  SimNetwork network;
  std::vector<Arrival> arrived;
  const NodeIndex a{0};
  const NodeIndex b{1};
};

TEST_F(DatagramNetTest, TakesAsLongAsTheLinkSays) {
  Send(a, network.hosts.endpoint(b), "x");
  network.RunFor(seconds(2));
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].when - Time{},
            network.links.OneWay(network.hosts.coordinates(a), network.hosts.coordinates(b), 0));
}

TEST_F(DatagramNetTest, KeepsManyDatagramsOfAllSizesIntactOnTheirWay) {
  SeededRandom random(4);
  std::map<std::string, int> sent;
  for (int i = 0; i < 20'000; ++i) {
    const NodeIndex from(static_cast<uint32_t>(random.Below(50)));
    const NodeIndex to(static_cast<uint32_t>(random.Below(50)));
    std::string text(1 + random.Below(kDatagramSizeMax), '\0');
    random.Fill({reinterpret_cast<std::byte*>(text.data()), text.size()});
    ++sent[text];
    Send(from, network.hosts.endpoint(to), text);
    if (i % 7 == 0) network.Step(milliseconds(5));
  }
  network.RunFor(seconds(5));
  EXPECT_EQ(arrived.size(), 20'000u);
  for (const Arrival& each : arrived) --sent[each.bytes];
  for (const auto& [text, balance] : sent) ASSERT_EQ(balance, 0);
  EXPECT_EQ(network.datagrams.counts().delivered, 20'000u);
}

TEST_F(DatagramNetTest, DropsWhatIsForNobody) {
  Endpoint other_port = network.hosts.endpoint(b);
  ++other_port.port;
  Send(a, other_port, "x");
  Send(a, network.plan.EndpointOf(b, 1), "x");
  network.hosts.SetUp(b, false);
  Send(a, network.hosts.endpoint(b), "x");
  network.RunFor(seconds(2));
  EXPECT_TRUE(arrived.empty());
  EXPECT_EQ(network.datagrams.counts().undelivered, 3u);
}

TEST_F(DatagramNetTest, DropsWhatIsOnItsWayToAHostThatWasReplaced) {
  const Endpoint before = network.hosts.endpoint(b);
  Send(a, before, "x");
  network.hosts.Replace(b);
  EXPECT_NE(network.hosts.endpoint(b), before);
  network.RunFor(seconds(2));
  EXPECT_TRUE(arrived.empty());
  Send(a, network.hosts.endpoint(b), "y");
  network.RunFor(seconds(2));
  EXPECT_EQ(arrived.size(), 1u);
}

TEST_F(DatagramNetTest, NamesTheSenderAsItWasWhenItSent) {
  const Endpoint sender = network.hosts.endpoint(a);
  Send(a, network.hosts.endpoint(b), "x");
  network.hosts.Replace(a);
  network.RunFor(seconds(2));
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].from, sender);
}

TEST_F(DatagramNetTest, DeliversADuplicateTwice) {
  Noise noise;
  noise.duplicate_ppm = 1'000'000;
  network.rules.Add(std::make_unique<NoiseRule>(noise));
  for (int i = 0; i < 500; ++i) Send(a, network.hosts.endpoint(b), std::string(300, 'z'));
  network.RunFor(seconds(3));
  EXPECT_EQ(arrived.size(), 1000u);
  for (const Arrival& each : arrived) EXPECT_EQ(each.bytes, std::string(300, 'z'));
}

}  // namespace
}  // namespace starling::sim
