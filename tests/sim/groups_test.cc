#include "sim/groups.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

using testing_support::SimNetwork;
using testing_support::SimNetworkOptions;

// Two sites; the first has two racks. Hosts 0, 1 | 2, 3 | 4; host 5 is in no group.
struct Campus {
  explicit Campus(Groups& groups) {
    site = groups.Add({std::nullopt, 4'000'000, 5'000'000, milliseconds(10)});
    rack = groups.Add({site, 1'000'000, 2'000'000, milliseconds(1)});
    other_rack = groups.Add({site, 0, 3'000'000, milliseconds(2)});
    far_site = groups.Add({std::nullopt, 0, 0, milliseconds(20)});
    groups.Put(NodeIndex(0), rack);
    groups.Put(NodeIndex(1), rack);
    groups.Put(NodeIndex(2), other_rack);
    groups.Put(NodeIndex(3), other_rack);
    groups.Put(NodeIndex(4), far_site);
  }
  GroupIndex site, rack, other_rack, far_site;
};

std::vector<uint64_t> RatesOnTheWay(Groups& groups, uint32_t from, uint32_t to) {
  std::vector<uint64_t> rates;
  for (uint32_t step = 0;; ++step) {
    const RateServer* link = groups.LinkAt(NodeIndex(from), NodeIndex(to), step);
    if (link == nullptr) return rates;
    rates.push_back(link->rate());
  }
}

TEST(Groups, AddsTheLatenciesOfTheEdgesThatAreCrossed) {
  Groups groups;
  const Campus campus(groups);
  const auto latency = [&](uint32_t a, uint32_t b) {
    EXPECT_EQ(groups.Latency(NodeIndex(a), NodeIndex(b)),
              groups.Latency(NodeIndex(b), NodeIndex(a)));
    return groups.Latency(NodeIndex(a), NodeIndex(b));
  };
  EXPECT_EQ(latency(0, 1), Duration(0));
  EXPECT_EQ(latency(0, 2), milliseconds(1 + 2));
  EXPECT_EQ(latency(0, 4), milliseconds(1 + 10 + 20));
  EXPECT_EQ(latency(0, 5), milliseconds(1 + 10));
  EXPECT_EQ(latency(5, 4), milliseconds(20));
  EXPECT_EQ(latency(5, 6), Duration(0));
}

TEST(Groups, LeaveOutWhoIsTakenOut) {
  Groups groups;
  const Campus campus(groups);
  groups.TakeOut(NodeIndex(0));
  groups.TakeOut(NodeIndex(5));
  groups.TakeOut(NodeIndex(6));
  EXPECT_EQ(groups.Latency(NodeIndex(0), NodeIndex(5)), Duration(0));
  EXPECT_EQ(groups.Latency(NodeIndex(0), NodeIndex(1)), milliseconds(10 + 1));
}

TEST(Groups, LeadUpAndDownThroughTheSharedLinks) {
  Groups groups;
  const Campus campus(groups);
  using Rates = std::vector<uint64_t>;
  EXPECT_EQ(RatesOnTheWay(groups, 0, 1), Rates());
  EXPECT_EQ(RatesOnTheWay(groups, 0, 2), Rates({1'000'000, 3'000'000}));
  EXPECT_EQ(RatesOnTheWay(groups, 2, 0), Rates({2'000'000}));
  EXPECT_EQ(RatesOnTheWay(groups, 0, 4), Rates({1'000'000, 4'000'000}));
  EXPECT_EQ(RatesOnTheWay(groups, 4, 0), Rates({5'000'000, 2'000'000}));
  EXPECT_EQ(RatesOnTheWay(groups, 5, 2), Rates({5'000'000, 3'000'000}));
  EXPECT_EQ(groups.LinksBeforeTravel(NodeIndex(0), NodeIndex(2)), 1u);
  EXPECT_EQ(groups.LinksBeforeTravel(NodeIndex(2), NodeIndex(0)), 0u);
  EXPECT_EQ(groups.LinksBeforeTravel(NodeIndex(0), NodeIndex(5)), 2u);
}

TEST(Groups, HoldGroupsUpToALimitOfDepth) {
  Groups groups;
  GroupIndex group = groups.Add({std::nullopt, 1, 1, milliseconds(1)});
  for (uint32_t depth = 1; depth < Groups::kDepthMax; ++depth) {
    group = groups.Add({group, depth + 1, depth + 1, milliseconds(1)});
  }
  groups.Put(NodeIndex(0), group);
  using Rates = std::vector<uint64_t>;
  EXPECT_EQ(RatesOnTheWay(groups, 0, 1), Rates({8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(RatesOnTheWay(groups, 1, 0), Rates({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_DEATH(groups.Add({group, 0, 0, {}}), "kDepthMax");
}

// An end that keeps its uplink busy, or takes what comes.
struct Busy final : StreamHandler {
  Busy(std::unique_ptr<Stream> from, bool fills) : stream(std::move(from)), fills_(fills) {
    stream->SetHandler(*this);
  }
  void OnOpen(Time now) override { OnSent(now); }
  void OnData(Time now, Slice bytes) override {
    if (received == 0) first_data = now;
    received += bytes.size();
  }
  void OnSent(Time now) override {
    static const Buffer kZeros(1 << 20);
    if (fills_) stream->Send(now, kZeros.Sub(0, 1 << 20));
  }
  void OnClosed(Time, absl::Status) override {}
  std::unique_ptr<Stream> stream;
  uint64_t received = 0;
  Time first_data{};

 private:
  bool fills_;
};

struct GroupedNetworkTest : testing::Test {
  GroupedNetworkTest() : network(Lan()), campus(network.groups), received(6, nullptr) {
    network.on_stream = [this](Time, NodeIndex node, std::unique_ptr<Stream> stream) {
      ends.push_back(std::make_unique<Busy>(std::move(stream), false));
      received[node.value()] = ends.back().get();
    };
  }
  static SimNetworkOptions Lan() {
    SimNetworkOptions options;
    options.hosts = 6;
    options.link.profile = LatencyProfile::kLan;
    options.streams.window = 256 * 1024;
    return options;
  }
  void Fill(uint32_t from, uint32_t to) {
    ends.push_back(std::make_unique<Busy>(
        network.streams.Dial(network.now(), NodeIndex(from), network.hosts.endpoint(NodeIndex(to))),
        true));
  }
  SimNetwork network;
  Campus campus;
  std::vector<std::unique_ptr<Busy>> ends;
  std::vector<Busy*> received;
};

constexpr double kPayloadShare = 16397.0 / (16397 + 12 * 66);

TEST_F(GroupedNetworkTest, SharesTheLinkOfARackAndLeavesItsInsideAlone) {
  network.streams.SetRates(NodeIndex(1), {20'000'000, 20'000'000});
  Fill(0, 2);
  Fill(1, 5);
  network.RunFor(seconds(100));
  EXPECT_NEAR(static_cast<double>(received[2]->received), 50e6 * kPayloadShare, 2e6);
  EXPECT_NEAR(static_cast<double>(received[5]->received), 50e6 * kPayloadShare, 2e6);
  Fill(0, 1);
  network.RunFor(seconds(100));
  EXPECT_NEAR(static_cast<double>(received[1]->received), 2000e6 * kPayloadShare, 10e6);
  EXPECT_TRUE(network.streams.CheckCapacity().ok());
}

TEST_F(GroupedNetworkTest, FillsTheLinkOfASiteFromAllItsRacks) {
  Fill(1, 5);
  Fill(3, 4);
  network.RunFor(seconds(100));
  const auto both = static_cast<double>(received[5]->received + received[4]->received);
  EXPECT_NEAR(both, 400e6 * kPayloadShare, 2e6);
  EXPECT_LE(static_cast<double>(received[5]->received), 100e6);
}

TEST_F(GroupedNetworkTest, SharesTheWayIntoASite) {
  Fill(4, 0);
  Fill(5, 2);
  network.RunFor(seconds(100));
  EXPECT_NEAR(static_cast<double>(received[0]->received), 200e6 * kPayloadShare, 4e6);
  EXPECT_NEAR(static_cast<double>(received[2]->received), 300e6 * kPayloadShare, 4e6);
}

TEST_F(GroupedNetworkTest, BearsThatHostsAreReplacedByThoseOfOtherGroups) {
  for (const uint32_t replaced : {0, 2}) {
    Fill(0, 2);
    Fill(0, 4);
    Fill(4, 2);
    network.RunFor(seconds(5));  // all shared links have a queue now
    ASSERT_GT(received[2]->received, 100'000u);
    network.hosts.Replace(NodeIndex(replaced));
    network.groups.TakeOut(NodeIndex(replaced));
    network.RunFor(minutes(2));
  }
  const StreamCounts counts = network.streams.counts();
  EXPECT_EQ(counts.bytes_sent, counts.bytes_delivered + counts.bytes_dropped + counts.bytes_lost +
                                   network.streams.BytesInFlight());
}

TEST_F(GroupedNetworkTest, DelaysWhatCrossesAnEdge) {
  std::optional<Time> arrived;
  network.on_datagram = [&](Time now, NodeIndex, const Endpoint&, ByteView) { arrived = now; };
  network.datagrams.Send(network.now(), NodeIndex(0), network.hosts.endpoint(NodeIndex(4)),
                         [](ByteSpan) { return size_t{1}; });
  Fill(0, 4);
  network.RunFor(seconds(1));
  EXPECT_EQ(*arrived - Time{}, microseconds(31'100));
  // Three ways for the handshake and the first chunk, which takes its time on two links.
  EXPECT_GE(received[4]->first_data - Time{}, microseconds(3 * 31'100 + 17'189 + 4'297));
  EXPECT_LT(received[4]->first_data - Time{}, microseconds(3 * 31'100 + 17'189 + 4'300));
}

}  // namespace
}  // namespace starling::sim
