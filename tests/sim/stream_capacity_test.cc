// What links carry, who gets how much of it, and what that costs in events.
#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/stream_net.h"
#include "sim/trace_hash.h"
#include "tests/sim/stream_fixture.h"

namespace starling::sim {
namespace {

using StreamCapacity = StreamNetTest;

TEST_F(StreamCapacity, UsesAnUplinkToTheLastByteAndSharesItEqually) {
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

TEST_F(StreamCapacity, LosesNoFractionAtAHundredGigabits) {
  network.streams.SetRates(a, {12'500'000'000, 12'500'000'000});
  network.streams.SetRates(b, {12'500'000'000, 12'500'000'000});
  const Pair pair = Connect(a, b);
  pair.near->Fill(network.now());
  network.RunFor(seconds(1));
  const double payload_share = 16397.0 / (16397 + 12 * 66);
  EXPECT_NEAR(static_cast<double>(pair.far->received) / (12.5e9 * payload_share), 1, 0.001);
  EXPECT_TRUE(network.streams.CheckCapacity().ok());
}

TEST_F(StreamCapacity, UsesLinksOfAnyRateToATenthOfAPercent) {
  for (const uint64_t rate : {17'001u, 187'500u, 1'234'567u, 300'000'000u, 1'250'000'000u}) {
    network.streams.SetRates(a, {rate, 2 * rate});
    network.streams.SetRates(b, {2 * rate, rate});
    const Pair pair = Connect(a, b);
    pair.near->Fill(network.now());
    network.RunFor(seconds(1));
    const NodeTraffic before = network.streams.traffic(b);
    const Duration length = rate > 1'000'000 ? seconds(2) : seconds(1000);
    network.RunFor(length);
    const NodeTraffic after = network.streams.traffic(b);
    const double expected = static_cast<double>(rate) * ToSeconds(length);
    const auto wire = static_cast<double>(after.wire_received - before.wire_received);
    EXPECT_NEAR(wire / expected, 1, 0.001 + 17189 / expected) << rate;
    EXPECT_TRUE(network.streams.CheckCapacity().ok());
  }
}

TEST_F(StreamCapacity, TakesOneEventForASmallMessage) {
  for (const NodeIndex node : {a, b}) network.streams.SetRates(node, {50'000, 187'500});
  const Pair pair = Connect(a, b);
  const uint64_t before = network.queue.pushed();
  for (int i = 0; i < 100; ++i) {
    pair.near->stream->Send(network.now(), Bytes(17));
    network.RunFor(milliseconds(10));
  }
  EXPECT_EQ(pair.far->received, 1700u);
  EXPECT_EQ(network.queue.pushed() - before, 100u);
}

TEST_F(StreamCapacity, TakesAtMostThreeEventsForABlock) {
  for (const NodeIndex node : {a, b}) network.streams.SetRates(node, {50'000, 187'500});
  const Pair pair = Connect(a, b);
  pair.near->Fill(network.now());
  network.RunFor(seconds(10));
  const uint64_t events = network.queue.pushed();
  const uint64_t received = pair.far->received;
  network.RunFor(seconds(1000));
  const auto blocks = static_cast<double>(pair.far->received - received) / 16397;
  EXPECT_LE(static_cast<double>(network.queue.pushed() - events), 3 * blocks + 3);
}

TEST_F(StreamCapacity, KeepsTheTurnsOfTheUplinkWhateverTheSizes) {
  network.streams.SetRates(a, {17'189, 0});  // a block a second
  const Pair bulk = Connect(a, b);
  const Pair late = Connect(a, c);
  const Pair small = Connect(a, d);
  const Time start = network.now();
  bulk.near->stream->Send(start, Bytes(16397 * 3));
  network.RunFor(milliseconds(10));
  late.near->stream->Send(network.now(), Bytes(16397));
  network.RunFor(milliseconds(10));
  small.near->stream->Send(network.now(), Bytes(17));
  network.RunFor(seconds(10));
  // Order of turns: bulk, bulk again (it was ready at once), late, small, bulk.
  const auto seconds_of = [&](const Pair& pair) { return ToSeconds(pair.far->last_data - start); };
  EXPECT_NEAR(seconds_of(late), 3, 0.001);
  EXPECT_NEAR(seconds_of(small), 3.005, 0.001);
  EXPECT_NEAR(seconds_of(bulk), 4.005, 0.001);
}

TEST_F(StreamCapacity, SendsEverythingOfOneMomentInOneChunkHoweverMany) {
  const Pair pair = Connect(a, b);
  const uint64_t before = network.queue.pushed();
  for (int i = 0; i < 200; ++i) pair.near->stream->Send(network.now(), Bytes(17));
  network.RunFor(seconds(1));
  EXPECT_EQ(pair.far->received, 3400u);
  EXPECT_EQ(network.queue.pushed() - before, 1u);
}

TEST_F(StreamCapacity, PaysForWhatItSendsAgainAndStaysWithinItsLinks) {
  for (const NodeIndex node : {a, b}) network.streams.SetRates(node, {1'000'000, 1'000'000});
  Noise noise;
  noise.loss_ppm = 20'000;
  noise.streams = true;
  network.rules.Add(std::make_unique<NoiseRule>(noise));
  const Pair pair = Connect(a, b);
  pair.near->stream->Send(network.now(), Bytes(20'000'000));
  network.RunFor(minutes(3));
  EXPECT_EQ(pair.far->received, 20'000'000u);
  const NodeTraffic sent = network.streams.traffic(a);
  EXPECT_EQ(sent.sent, 20'000'000u);
  EXPECT_GT(sent.wire_sent, 20'000'000u * 17'189 / 16'397 * 1.01);
  EXPECT_EQ(network.streams.counts().bytes_sent, 20'000'000u);
  EXPECT_EQ(network.streams.BytesInFlight(), 0u);
  EXPECT_TRUE(network.streams.CheckCapacity().ok());
}

TEST_F(StreamCapacity, CountsHeadersAndPayloadOfEachNode) {
  for (const NodeIndex node : {a, b}) network.streams.SetRates(node, {1'000'000, 1'000'000});
  const Pair pair = Connect(a, b);
  pair.near->stream->Send(network.now(), Bytes(1448 * 3 + 1));
  network.RunFor(seconds(1));
  EXPECT_EQ(network.streams.traffic(a).sent, 4345u);
  EXPECT_EQ(network.streams.traffic(a).wire_sent, 4345u + 4 * 66);
  EXPECT_EQ(network.streams.traffic(b).received, 4345u);
  EXPECT_EQ(network.streams.traffic(b).wire_received, 4345u + 4 * 66);
  EXPECT_EQ(network.streams.traffic(c).wire_received, 0u);
}

TEST_F(StreamCapacity, SharesADownlinkBetweenItsSenders) {
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

// Everything at once: limited links, groups, loss, slow start, the latencies of the Internet.
TEST(StreamTrace, IsTheSameEverywhere) {
  SimNetworkOptions options;
  options.hosts = 12;
  options.streams.slow_start = true;
  SimNetwork network(options);
  TraceHash hash;
  struct Folding final : StreamHandler {
    Folding(std::unique_ptr<Stream> from, TraceHash& into) : stream(std::move(from)), hash(into) {
      stream->SetHandler(*this);
    }
    void OnOpen(Time now) override { Fold(now, 1); }
    void OnData(Time now, Slice bytes) override { Fold(now, bytes.size()); }
    void OnSent(Time now) override { Fold(now, 2); }
    void OnClosed(Time now, absl::Status) override { Fold(now, 3); }
    void Fold(Time now, uint64_t what) {
      hash.Fold(static_cast<uint64_t>((now - Time{}).count()));
      hash.Fold(what);
    }
    std::unique_ptr<Stream> stream;
    TraceHash& hash;
  };
  std::vector<std::unique_ptr<Folding>> ends;
  network.on_stream = [&](Time, NodeIndex, std::unique_ptr<Stream> stream) {
    ends.push_back(std::make_unique<Folding>(std::move(stream), hash));
  };
  const GroupIndex rack = network.groups.Add({std::nullopt, 700'001, 900'001, microseconds(777)});
  for (uint32_t i = 0; i < 12; ++i) {
    network.streams.SetRates(NodeIndex(i), {50'000 + i * 33'331, 400'000 + i * 77'777});
    if (i % 3 == 0) network.groups.Put(NodeIndex(i), rack);
  }
  Noise noise;
  noise.loss_ppm = 5000;
  noise.streams = true;
  network.rules.Add(std::make_unique<NoiseRule>(noise));
  SeededRandom random(1);
  static const Buffer kZeros(1 << 18);
  for (int i = 0; i < 300; ++i) {
    const auto from = static_cast<uint32_t>(random.Below(12));
    const auto to = static_cast<uint32_t>(random.Below(12));
    ends.push_back(std::make_unique<Folding>(
        network.streams.Dial(network.now(), NodeIndex(from), network.hosts.endpoint(NodeIndex(to))),
        hash));
    const size_t which = static_cast<size_t>(random.Below(ends.size()));
    const size_t size = 1 + static_cast<size_t>(random.Below(1 << 18));
    ends[which]->stream->Send(network.now(), kZeros.Sub(0, size));
    network.RunFor(milliseconds(static_cast<int64_t>(random.Below(500))));
  }
  network.RunFor(minutes(2));
  EXPECT_TRUE(network.streams.CheckCapacity().ok());
  EXPECT_EQ(hash.value(), uint64_t{0xddc2d1dcdeaaa6ef}) << std::hex << hash.value();
}

}  // namespace
}  // namespace starling::sim
