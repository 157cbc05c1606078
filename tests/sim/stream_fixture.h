// What the tests of StreamNet share: ends that count and a small network without latency to speak
// of.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/sim_network.h"

namespace starling::sim {

using testing_support::SimNetwork;
using testing_support::SimNetworkOptions;

// An end that counts and, if asked, keeps its uplink busy.
struct Peer final : StreamHandler {
  explicit Peer(std::unique_ptr<Stream> from) : stream(std::move(from)) {
    stream->SetHandler(*this);
  }
  void OnOpen(Time now) override { opened = now; }
  void OnData(Time now, Slice bytes) override {
    if (received == 0) first_data = now;
    last_data = now;
    received += bytes.size();
    ++chunks;
  }
  void OnSent(Time now) override {
    if (backlog) Fill(now);
  }
  void OnClosed(Time now, absl::Status status) override {
    closed = now;
    why = status;
  }
  void Fill(Time now) {
    backlog = true;
    static const Buffer kZeros(1 << 20);
    stream->Send(now, kZeros.Sub(0, 1 << 20));
  }

  std::unique_ptr<Stream> stream;
  bool backlog = false;
  uint64_t received = 0;
  int chunks = 0;
  std::optional<Time> opened, closed;
  Time first_data{}, last_data{};
  absl::Status why;
};

struct StreamNetTest : testing::Test {
  explicit StreamNetTest(SimNetworkOptions options = Lan(8)) : network(options) {
    network.on_stream = [this](Time, NodeIndex, std::unique_ptr<Stream> stream) {
      accepted.push_back(std::make_unique<Peer>(std::move(stream)));
    };
  }
  static SimNetworkOptions Lan(int hosts) {
    SimNetworkOptions options;
    options.hosts = hosts;
    options.link.profile = LatencyProfile::kLan;
    return options;
  }
  std::unique_ptr<Peer> Dial(NodeIndex from, NodeIndex to) {
    return std::make_unique<Peer>(
        network.streams.Dial(network.now(), from, network.hosts.endpoint(to)));
  }
  // A connection that is open at both ends.
  struct Pair {
    std::unique_ptr<Peer> near;
    Peer* far;
  };
  Pair Connect(NodeIndex from, NodeIndex to) {
    Pair pair{Dial(from, to), nullptr};
    EXPECT_TRUE(network.Until([&] { return pair.near->opened.has_value(); }));
    pair.far = accepted.back().get();
    return pair;
  }
  static Slice Bytes(size_t size) { return Buffer(size).Sub(0, size); }

  SimNetwork network;
  std::vector<std::unique_ptr<Peer>> accepted;
  const NodeIndex a{0}, b{1}, c{2}, d{3};
};

}  // namespace starling::sim
