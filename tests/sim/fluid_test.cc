// The simulated network against a fluid: random hosts and connections with constant backlog for
// 100 s, compared with the max-min fair rates of the same links.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "sim/samplers.h"
#include "tests/support/fluid_solver.h"
#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

using testing_support::MaxMinFair;
using testing_support::SimNetwork;
using testing_support::SimNetworkOptions;

TEST(MaxMinFair, FillsTheTightestLinkFirst) {
  // Links 0 to 2; one flow passes all, one each of the others passes one.
  const std::vector<double> rates = MaxMinFair({10, 4, 30}, {{0, 1, 2}, {0}, {1}, {2}});
  EXPECT_EQ(rates, std::vector<double>({2, 8, 2, 28}));
}

constexpr uint32_t kHosts = 50;

struct Connection {
  uint32_t from;
  uint32_t to;
};

struct Plan {
  std::vector<AccessRates> rates;
  std::vector<Connection> connections;
};

// Uplinks of `slowest` to eight times as much, downlinks between two thirds and five times as fast
// as the uplink; each host sends to three to six others.
Plan RandomPlan(uint64_t seed, double slowest) {
  SeededRandom random(seed);
  Plan plan;
  for (uint32_t i = 0; i < kHosts; ++i) {
    const double up = slowest * Exp(DrawUniform(random) * Log(8));
    const double down = up * Exp((DrawUniform(random) * 1.5 - 0.25) * Log(4));
    plan.rates.push_back({static_cast<uint64_t>(up), static_cast<uint64_t>(down)});
    const uint64_t count = 3 + random.Below(4);
    for (uint64_t k = 0; k < count; ++k) {
      const auto step = static_cast<uint32_t>(1 + random.Below(kHosts - 1));
      plan.connections.push_back({i, (i + step) % kHosts});
    }
  }
  return plan;
}

std::vector<double> FluidBytes(const Plan& plan, Duration length, double payload_share) {
  std::vector<double> capacity(2 * kHosts);
  for (uint32_t i = 0; i < kHosts; ++i) {
    capacity[i] = static_cast<double>(plan.rates[i].up);
    capacity[kHosts + i] = static_cast<double>(plan.rates[i].down);
  }
  std::vector<std::vector<size_t>> links_of;
  for (const Connection& each : plan.connections) links_of.push_back({each.from, kHosts + each.to});
  std::vector<double> bytes = MaxMinFair(capacity, links_of);
  for (double& each : bytes) each *= ToSeconds(length) * payload_share;
  return bytes;
}

struct Busy final : StreamHandler {
  Busy(std::unique_ptr<Stream> from, bool fills) : stream(std::move(from)), fills_(fills) {
    stream->SetHandler(*this);
  }
  void OnOpen(Time now) override { OnSent(now); }
  void OnData(Time, Slice bytes) override { received += bytes.size(); }
  void OnSent(Time now) override {
    static const Buffer kZeros(1 << 20);
    if (fills_) stream->Send(now, kZeros.Sub(0, 1 << 20));
  }
  void OnClosed(Time, absl::Status) override {}
  std::unique_ptr<Stream> stream;
  uint64_t received = 0;

 private:
  bool fills_;
};

StreamOptions Streams(uint32_t quantum, uint32_t window) {
  StreamOptions options;
  options.quantum = quantum;
  options.window = window;
  return options;
}

// What each connection of the plan carries in `length`, once all had `warm_up` to fill their
// windows: until then a full downlink is shared by who came first, not equally.
std::vector<double> SimulatedBytes(const Plan& plan, LatencyProfile latency,
                                   const StreamOptions& streams, Duration warm_up,
                                   Duration length) {
  SimNetworkOptions options;
  options.hosts = kHosts;
  options.link.profile = latency;
  options.streams = streams;
  SimNetwork network(options);
  std::vector<std::unique_ptr<Busy>> near, far;
  network.on_stream = [&](Time, NodeIndex, std::unique_ptr<Stream> stream) {
    far.push_back(std::make_unique<Busy>(std::move(stream), false));
  };
  for (uint32_t i = 0; i < kHosts; ++i) {
    network.streams.SetRates(NodeIndex(i), plan.rates[i]);
  }
  for (const Connection& each : plan.connections) {
    const Endpoint to = network.hosts.endpoint(NodeIndex(each.to));
    near.push_back(std::make_unique<Busy>(
        network.streams.Dial(network.now(), NodeIndex(each.from), to), true));
    // One after another, so that the ends come in the order of the plan.
    EXPECT_TRUE(network.Until([&] { return far.size() == near.size(); }));
  }
  network.RunFor(warm_up);
  std::vector<double> bytes;
  for (const auto& end : far) bytes.push_back(-static_cast<double>(end->received));
  network.RunFor(length);
  for (size_t i = 0; i < far.size(); ++i) bytes[i] += static_cast<double>(far[i]->received);
  EXPECT_TRUE(network.streams.CheckCapacity().ok()) << network.streams.CheckCapacity().message();
  return bytes;
}

struct Deviation {  // relative
  double median = 0;
  double worst = 0;
  double worst_host = 0;  // of what a host sends, or receives, in all
};

Deviation Compare(const Plan& plan, const std::vector<double>& measured,
                  const std::vector<double>& expected) {
  constexpr double kBlocksMin = 200;
  std::vector<double> errors;
  std::vector<double> measured_of(2 * kHosts, 0), expected_of(2 * kHosts, 0);
  for (size_t i = 0; i < measured.size(); ++i) {
    const Connection& each = plan.connections[i];
    for (const size_t link : {size_t{each.from}, size_t{kHosts + each.to}}) {
      measured_of[link] += measured[i];
      expected_of[link] += expected[i];
    }
    if (expected[i] < kBlocksMin * 16384) continue;
    errors.push_back(std::abs(measured[i] / expected[i] - 1));
  }
  EXPECT_GT(errors.size(), measured.size() / 2);
  std::sort(errors.begin(), errors.end());
  Deviation deviation{errors[errors.size() / 2], errors.back(), 0};
  for (size_t link = 0; link < 2 * kHosts; ++link) {
    if (expected_of[link] == 0) continue;
    const double error = std::abs(measured_of[link] / expected_of[link] - 1);
    deviation.worst_host = std::max(deviation.worst_host, error);
  }
  return deviation;
}

constexpr uint32_t kBlock = 16 * 1024 + 13;
constexpr double kBlockShare = 16397.0 / (16397 + 12 * 66);  // of payload on the wire

struct Setting {
  LatencyProfile latency;
  double slowest;  // uplink
  uint32_t window;
  Duration warm_up;
};

void ExpectLikeFluid(const Setting& setting, uint64_t seed) {
  const Plan plan = RandomPlan(seed, setting.slowest);
  const std::vector<double> bytes = SimulatedBytes(
      plan, setting.latency, Streams(kBlock, setting.window), setting.warm_up, seconds(100));
  const Deviation deviation = Compare(plan, bytes, FluidBytes(plan, seconds(100), kBlockShare));
  EXPECT_LE(deviation.median, 0.03) << seed;
  EXPECT_LE(deviation.worst, 0.10) << seed;
  EXPECT_LE(deviation.worst_host, 0.01) << seed;
}

TEST(Fluid, AgreesWithTheNetworkOnALan) {
  const Setting setting{LatencyProfile::kLan, 250e3, 1 << 20, seconds(60)};
  for (uint64_t seed = 1; seed <= 3; ++seed) ExpectLikeFluid(setting, seed);
}

// As with TCP, a connection with a shorter round trip gets a little more of a full link. Slow links
// and a large window make that small against the time in the queues, which then take minutes to
// find their lengths.
TEST(Fluid, AgreesWithTheNetworkOverTheInternet) {
  const Setting setting{LatencyProfile::kDefault, 100e3, 3 << 19, seconds(600)};
  for (uint64_t seed = 4; seed <= 6; ++seed) ExpectLikeFluid(setting, seed);
}

// A fleet of hosts of 100 to 800 MB/s, with the quantum of swarms and with that of fleets.
TEST(Fluid, GivesFleetsTheSameWithLargeQuanta) {
  const Plan plan = RandomPlan(7, 100e6);
  const auto bytes = [&](uint32_t quantum) {
    return SimulatedBytes(plan, LatencyProfile::kLan, Streams(quantum, 16 << 20), seconds(1),
                          milliseconds(300));
  };
  std::vector<double> small = bytes(kBlock);
  // Full packets have a little less of headers; that is not what is compared.
  constexpr double kFleetShare = 262144.0 / (262144 + 182 * 66);
  for (double& each : small) each *= kFleetShare / kBlockShare;
  const Deviation deviation = Compare(plan, bytes(256 * 1024), small);
  EXPECT_LE(deviation.median, 0.02);
  EXPECT_LE(deviation.worst_host, 0.02);
}

}  // namespace
}  // namespace starling::sim
