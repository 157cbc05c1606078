#include "sim/stream_net.h"

#include <gtest/gtest.h>

#include "tests/sim/stream_fixture.h"

namespace starling::sim {
namespace {

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

// The link rates of clusters and homes that do not divide a second evenly.
// A small message waits for its turn like any other, and passes what came later.
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

// Sent = delivered + dropped + lost + in flight, at any moment, whatever happens to the ends.
TEST_F(StreamNetTest, KnowsWhereEveryByteIs) {
  Noise noise;
  noise.loss_ppm = 100'000;
  noise.streams = true;
  const NoiseRule& rule = network.rules.Add(std::make_unique<NoiseRule>(noise));
  for (const NodeIndex node : {a, b, c}) network.streams.SetRates(node, {400'000, 300'000});
  const auto expect_balance = [&] {
    const StreamCounts& counts = network.streams.counts();
    ASSERT_EQ(counts.bytes_sent, counts.bytes_delivered + counts.bytes_dropped + counts.bytes_lost +
                                     network.streams.BytesInFlight());
  };
  std::vector<Pair> pairs;
  for (int round = 0; round < 30; ++round) {
    pairs.push_back(Connect(round % 2 == 0 ? a : b, c));
    pairs.back().near->stream->Send(network.now(), Bytes(300'000));
    pairs.back().far->stream->Send(network.now(), Bytes(100'000));
    network.RunFor(milliseconds(300));
    if (round % 3 == 0) pairs.back().near->stream.reset();
    if (round % 5 == 0) pairs.back().far->stream.reset();
    expect_balance();
  }
  network.hosts.SetUp(c, false);
  for (int i = 0; i < 100; ++i) {
    network.RunFor(seconds(2));
    expect_balance();
  }
  network.rules.Remove(rule);
  pairs.clear();
  accepted.clear();
  network.RunFor(minutes(5));
  expect_balance();
  EXPECT_EQ(network.streams.BytesInFlight(), 0u);
  EXPECT_EQ(network.streams.connections(), 0u);
  EXPECT_GT(network.streams.counts().bytes_lost, 0u);
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
