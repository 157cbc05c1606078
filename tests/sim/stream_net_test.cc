#include "sim/stream_net.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

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

TEST_F(StreamNetTest, OpensAfterOneRoundTrip) {
  const Pair pair = Connect(a, b);
  EXPECT_EQ(*pair.near->opened - Time{}, microseconds(200));
}

TEST_F(StreamNetTest, PassesTheSlicesOfTheSender) {
  const Pair pair = Connect(a, b);
  const uint64_t copied = Buffer::bytes_copied();
  pair.near->stream->Send(network.now(), Bytes(100'000));
  network.RunFor(seconds(1));
  EXPECT_EQ(pair.far->received, 100'000u);
  EXPECT_EQ(Buffer::bytes_copied(), copied);
}

TEST_F(StreamNetTest, SendsAHeaderAndItsBlockInOneChunk) {
  network.streams.SetRates(a, {1'000'000, 0});
  const Pair pair = Connect(a, b);
  const Time start = network.now();
  pair.near->stream->Send(start, Bytes(13));
  pair.near->stream->Send(start, Bytes(16384));
  network.RunFor(seconds(1));
  EXPECT_EQ(pair.far->first_data, pair.far->last_data);
  // 16,397 bytes are 12 packets; what they take at 1 MB/s, and half a round trip.
  EXPECT_EQ(pair.far->last_data - start, microseconds(16397 + 12 * 66 + 100));
}

TEST_F(StreamNetTest, UsesAnUplinkToTheLastByteAndSharesItEqually) {
  network.streams.SetRates(a, {1'000'000, 0});
  std::vector<Pair> pairs;
  for (const NodeIndex to : {b, c, d}) pairs.push_back(Connect(a, to));
  for (const Pair& pair : pairs) pair.near->Fill(network.now());
  const uint64_t before = network.streams.bytes_sent(a);
  network.RunFor(seconds(100));
  const uint64_t sent = network.streams.bytes_sent(a) - before;
  const double payload_share = 16397.0 / (16397 + 12 * 66);
  EXPECT_NEAR(static_cast<double>(sent), 100e6 * payload_share, 100e6 * 0.001);
  for (const Pair& pair : pairs) {
    EXPECT_NEAR(static_cast<double>(pair.far->received), static_cast<double>(sent) / 3, 40'000);
  }
}

TEST_F(StreamNetTest, LosesNoFractionAtAHundredGigabits) {
  network.streams.SetRates(a, {12'500'000'000, 12'500'000'000});
  network.streams.SetRates(b, {12'500'000'000, 12'500'000'000});
  const Pair pair = Connect(a, b);
  pair.near->Fill(network.now());
  network.RunFor(seconds(1));
  const double payload_share = 16397.0 / (16397 + 12 * 66);
  EXPECT_NEAR(static_cast<double>(pair.far->received) / (12.5e9 * payload_share), 1, 0.002);
}

TEST_F(StreamNetTest, SharesADownlinkBetweenItsSenders) {
  network.streams.SetRates(d, {0, 1'000'000});
  std::vector<Pair> pairs;
  for (const NodeIndex from : {a, b, c}) {
    network.streams.SetRates(from, {5'000'000, 0});
    pairs.push_back(Connect(from, d));
  }
  for (const Pair& pair : pairs) pair.near->Fill(network.now());
  network.RunFor(seconds(200));
  uint64_t sum = 0;
  for (const Pair& pair : pairs) sum += pair.far->received;
  EXPECT_NEAR(static_cast<double>(sum), 200e6 * 0.954, 200e6 * 0.005);
  for (const Pair& pair : pairs) {
    EXPECT_NEAR(static_cast<double>(pair.far->received), static_cast<double>(sum) / 3, sum * 0.02);
  }
}

TEST_F(StreamNetTest, HoldsAtMostAWindowForAReaderThatDoesNotRead) {
  const Pair pair = Connect(a, b);
  pair.far->stream->SetReading(network.now(), false);
  for (int i = 0; i < 8; ++i) pair.near->stream->Send(network.now(), Bytes(1 << 20));
  network.RunFor(seconds(10));
  const size_t window = StreamOptions().window;
  EXPECT_EQ(pair.far->received, 0u);
  EXPECT_LE((8u << 20) - pair.near->stream->unsent(), window);
  EXPECT_GE((8u << 20) - pair.near->stream->unsent(), window - 2 * 16397);
  pair.far->stream->SetReading(network.now(), true);
  network.RunFor(seconds(10));
  EXPECT_EQ(pair.far->received, 8u << 20);
}

TEST_F(StreamNetTest, TimesOutWhenItDialsAcrossAPartition) {
  network.rules.Add(std::make_unique<Partition>()).Put(b, 1);
  const std::unique_ptr<Peer> peer = Dial(a, b);
  network.RunFor(minutes(1));
  ASSERT_TRUE(peer->closed.has_value());
  EXPECT_EQ(peer->why.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(*peer->closed - Time{}, StreamOptions().connect_timeout);
  EXPECT_FALSE(peer->opened.has_value());
}

TEST_F(StreamNetTest, TimesOutWhenItDialsAHostThatIsDown) {
  network.hosts.SetUp(b, false);
  const std::unique_ptr<Peer> peer = Dial(a, b);
  network.RunFor(minutes(1));
  EXPECT_EQ(peer->why.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamNetTest, OpensWhenThePartitionHealsInTime) {
  Partition& partition = network.rules.Add(std::make_unique<Partition>());
  partition.Put(b, 1);
  const std::unique_ptr<Peer> peer = Dial(a, b);
  network.RunFor(seconds(5));
  network.rules.Remove(partition);
  network.RunFor(seconds(5));
  EXPECT_TRUE(peer->opened.has_value());
}

TEST_F(StreamNetTest, TimesOutWhoSendsIntoAPartitionAndResetsTheOther) {
  const Pair pair = Connect(a, b);
  Partition& partition = network.rules.Add(std::make_unique<Partition>());
  partition.Put(b, 1);
  pair.near->stream->Send(network.now(), Bytes(100'000));
  network.RunFor(minutes(2));
  ASSERT_TRUE(pair.near->closed.has_value());
  EXPECT_EQ(pair.near->why.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(pair.far->received, 0u);
  EXPECT_FALSE(pair.far->closed.has_value()) << "who only waits does not notice";
  network.rules.Remove(partition);
  pair.far->stream->Send(network.now(), Bytes(10));
  network.RunFor(seconds(5));
  ASSERT_TRUE(pair.far->closed.has_value());
  EXPECT_EQ(pair.far->why.code(), absl::StatusCode::kUnavailable);
}

TEST_F(StreamNetTest, DeliversEverythingInOrderWhenAShortPartitionHeals) {
  const Pair pair = Connect(a, b);
  Partition& partition = network.rules.Add(std::make_unique<Partition>());
  partition.Put(b, 1);
  pair.near->stream->Send(network.now(), Bytes(3'000'000));
  network.RunFor(seconds(20));
  EXPECT_EQ(pair.far->received, 0u);
  network.rules.Remove(partition);
  network.RunFor(seconds(40));
  EXPECT_EQ(pair.far->received, 3'000'000u);
  EXPECT_FALSE(pair.near->closed.has_value());
}

TEST_F(StreamNetTest, SaysGoodbyeAfterThePartitionHeals) {
  const Pair pair = Connect(a, b);
  Partition& partition = network.rules.Add(std::make_unique<Partition>());
  partition.Put(b, 1);
  pair.near->stream.reset();
  network.RunFor(seconds(10));
  EXPECT_FALSE(pair.far->closed.has_value());
  network.rules.Remove(partition);
  network.RunFor(seconds(30));
  EXPECT_TRUE(pair.far->closed.has_value());
  EXPECT_TRUE(pair.far->why.ok());
}

TEST_F(StreamNetTest, SaysNothingWhenTheHostLosesItsPower) {
  const Pair pair = Connect(a, b);
  network.hosts.SetUp(b, false);
  pair.far->stream.reset();
  network.RunFor(minutes(5));
  EXPECT_FALSE(pair.near->closed.has_value());
  pair.near->stream->Send(network.now(), Bytes(10));
  network.RunFor(minutes(5));
  ASSERT_TRUE(pair.near->closed.has_value());
  EXPECT_EQ(pair.near->why.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamNetTest, ResetsWhoSendsToAHostThatCameBack) {
  const Pair pair = Connect(a, b);
  network.hosts.SetUp(b, false);
  pair.far->stream.reset();
  network.hosts.SetUp(b, true);
  pair.near->stream->Send(network.now(), Bytes(10));
  network.RunFor(seconds(5));
  ASSERT_TRUE(pair.near->closed.has_value());
  EXPECT_EQ(pair.near->why.code(), absl::StatusCode::kUnavailable);
}

TEST_F(StreamNetTest, GivesPlacesOfClosedConnectionsToNewOnes) {
  for (int round = 0; round < 200; ++round) {
    Pair pair = Connect(a, b);
    pair.near->stream->Send(network.now(), Bytes(50'000));
    network.Step(milliseconds(1));
    (round % 2 == 0 ? pair.near->stream : pair.far->stream).reset();
    network.RunFor(seconds(1));
    accepted.clear();
    pair.near.reset();
    network.RunFor(seconds(1));
    EXPECT_EQ(network.streams.connections(), 0u);
  }
}

struct SlowStartTest : StreamNetTest {
  SlowStartTest() : StreamNetTest(Options()) {}
  static SimNetworkOptions Options() {
    SimNetworkOptions options;
    options.streams.slow_start = true;
    return options;
  }
};

TEST_F(SlowStartTest, DoublesWhatItSendsWithEachRoundTrip) {
  const Pair pair = Connect(a, b);
  const Time start = network.now();
  const Duration round_trip =
      network.links.RoundTrip(network.hosts.coordinates(a), network.hosts.coordinates(b));
  pair.near->stream->Send(start, Bytes(3 << 20));
  uint64_t expected = 0;
  for (uint64_t cap = 14480, round = 0; round < 6; ++round, cap *= 2) {
    expected += cap;
    network.RunFor(start + round_trip * static_cast<int>(round + 1) - milliseconds(1) -
                   network.now());
    EXPECT_EQ((3u << 20) - pair.near->stream->unsent(), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace starling::sim
