#include "sim/reachability.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

using testing_support::SimNetwork;
using testing_support::SimNetworkOptions;

TEST(Reachability, IsDrawnInTheSharesOfTheMix) {
  int hosts_of[3] = {};
  for (uint32_t i = 0; i < 100'000; ++i) {
    ++hosts_of[static_cast<int>(DrawReachability(kRealReachability, 1, NodeIndex(i), 0))];
    EXPECT_EQ(DrawReachability(kIdealReachability, 1, NodeIndex(i), 0), Reachability::kPublic);
  }
  EXPECT_NEAR(hosts_of[0], 35'000, 500);
  EXPECT_NEAR(hosts_of[1], 50'000, 500);
  EXPECT_NEAR(hosts_of[2], 15'000, 500);
}

TEST(Mappings, LastFiftyFiveSecondsAfterTheLastDatagram) {
  Mappings mappings;
  const Endpoint peer = Endpoint::V4(0x10000001, 6881);
  const NodeIndex node(3);
  EXPECT_FALSE(mappings.Admits(Time{}, node, peer));
  mappings.OnSent(Time{}, node, peer);
  mappings.OnSent(Time{} + seconds(30), node, peer);
  EXPECT_TRUE(mappings.Admits(Time{} + seconds(85), node, peer));
  EXPECT_FALSE(mappings.Admits(Time{} + milliseconds(85'001), node, peer));
  EXPECT_FALSE(mappings.Admits(Time{} + seconds(31), NodeIndex(2), peer));
  EXPECT_FALSE(mappings.Admits(Time{} + seconds(31), node, Endpoint::V4(0x10000002, 6881)));
  mappings.Forget(node);
  EXPECT_FALSE(mappings.Admits(Time{} + seconds(31), node, peer));
}

TEST(Mappings, GivesUpTheOldestWhenThereAreTooMany) {
  Mappings mappings;
  const NodeIndex node(0);
  const auto peer = [](size_t i) { return Endpoint::V4(static_cast<uint32_t>(i + 1), 6881); };
  const auto when = [](size_t i) { return Time{} + milliseconds(static_cast<int64_t>(i)); };
  for (size_t i = 0; i <= Mappings::kMappingsMax; ++i) mappings.OnSent(when(i), node, peer(i));
  const Time now = when(Mappings::kMappingsMax);
  EXPECT_FALSE(mappings.Admits(now, node, peer(0)));
  EXPECT_TRUE(mappings.Admits(now, node, peer(1)));
  EXPECT_TRUE(mappings.Admits(now, node, peer(Mappings::kMappingsMax)));
}

struct Silent final : StreamHandler {
  explicit Silent(std::unique_ptr<Stream> from) : stream(std::move(from)) {
    stream->SetHandler(*this);
  }
  void OnOpen(Time) override { opened = true; }
  void OnData(Time, Slice) override {}
  void OnSent(Time) override {}
  void OnClosed(Time, absl::Status status) override { why = status; }
  std::unique_ptr<Stream> stream;
  bool opened = false;
  std::optional<absl::Status> why;
};

struct ReachabilityTest : testing::Test {
  explicit ReachabilityTest(uint32_t hole_punching_ppm = 0) : network(Many(hole_punching_ppm)) {
    network.on_stream = [this](Time, NodeIndex, std::unique_ptr<Stream> stream) {
      kept.push_back(std::make_unique<Silent>(std::move(stream)));
    };
    network.on_datagram = [this](Time, NodeIndex, const Endpoint&, ByteView) { ++arrived; };
    network.hosts.SetReachability(cone, Reachability::kCone);
    network.hosts.SetReachability(blocked, Reachability::kBlocked);
  }
  static SimNetworkOptions Many(uint32_t hole_punching_ppm) {
    SimNetworkOptions options;
    options.hosts = 500;
    options.streams.hole_punching_ppm = hole_punching_ppm;
    return options;
  }
  Silent& Dial(NodeIndex from, NodeIndex to) {
    kept.push_back(std::make_unique<Silent>(
        network.streams.Dial(network.now(), from, network.hosts.endpoint(to))));
    return *kept.back();
  }
  void Send(NodeIndex from, NodeIndex to) {
    network.datagrams.Send(network.now(), from, network.hosts.endpoint(to),
                           [](ByteSpan) { return size_t{20}; });
    network.RunFor(seconds(2));
  }

  SimNetwork network;
  std::vector<std::unique_ptr<Silent>> kept;
  int arrived = 0;
  const NodeIndex open{0}, cone{1}, blocked{2}, another{3};
};

TEST_F(ReachabilityTest, LetsNobodyDialAHostBehindANatOrAFirewall) {
  const Silent& to_cone = Dial(open, cone);
  const Silent& to_blocked = Dial(open, blocked);
  const Silent& from_cone = Dial(cone, open);
  const Silent& from_blocked = Dial(blocked, open);
  network.RunFor(minutes(1));
  ASSERT_TRUE(to_cone.why.has_value() && to_blocked.why.has_value());
  EXPECT_EQ(to_cone.why->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(to_blocked.why->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(from_cone.opened);
  EXPECT_TRUE(from_blocked.opened);
}

TEST_F(ReachabilityTest, GivesAHostBehindANatOnlyDatagramsOfThoseItWroteTo) {
  Send(open, cone);
  EXPECT_EQ(arrived, 0);
  EXPECT_EQ(network.datagrams.counts().blocked, 1u);
  Send(cone, open);
  EXPECT_EQ(arrived, 1);
  Send(open, cone);
  EXPECT_EQ(arrived, 2);
  Send(another, cone);
  EXPECT_EQ(arrived, 2);
  network.RunFor(minutes(1));
  Send(open, cone);
  EXPECT_EQ(arrived, 2) << "the mapping should be gone";
}

TEST_F(ReachabilityTest, TakesWhoReplacesAHostForPublic) {
  network.hosts.Replace(cone);
  Send(open, cone);
  EXPECT_EQ(arrived, 1);
}

struct HolePunchingTest : ReachabilityTest {
  HolePunchingTest() : ReachabilityTest(kHolePunchingPpm) {}
};

TEST_F(HolePunchingTest, OpensFourOfFivePairsAndAlwaysTheSame) {
  std::vector<Silent*> first, second;
  for (uint32_t i = 10; i < 500; ++i) {
    network.hosts.SetReachability(NodeIndex(i), Reachability::kCone);
    first.push_back(&Dial(cone, NodeIndex(i)));
    second.push_back(&Dial(NodeIndex(i), cone));
  }
  const Silent& from_blocked = Dial(blocked, cone);
  network.RunFor(minutes(1));
  int opened = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    opened += first[i]->opened;
    EXPECT_EQ(first[i]->opened, second[i]->opened);
  }
  EXPECT_NEAR(opened, 0.8 * static_cast<double>(first.size()), 30);
  EXPECT_FALSE(from_blocked.opened);
}

}  // namespace
}  // namespace starling::sim
