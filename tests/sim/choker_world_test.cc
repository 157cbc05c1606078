// What a choker's verdicts mean on the wire: rate limits and deficits of single connections, held
// by whole Clients in a small world.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "peer/block_tft.h"
#include "peer/choker_registry.h"
#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

// Serves everybody, at a rate that is a function of time.
class Paced final : public peer::Choker {
 public:
  using RateAt = std::function<uint64_t(Time)>;
  explicit Paced(RateAt rate) : rate_(std::move(rate)) {}

  std::span<const peer::Verdict> Decide(Time now, std::span<const peer::PeerView> peers,
                                        const peer::UploadCapacity&) override {
    verdicts_.clear();
    for (const peer::PeerView& view : peers) {
      verdicts_.push_back({.id = view.id, .unchoke = true, .rate_limit = rate_(now)});
    }
    return verdicts_;
  }

 private:
  RateAt rate_;
  std::vector<peer::Verdict> verdicts_;
};

peer::ChokerFactory PacedBy(Paced::RateAt rate) {
  return [rate](Random&) { return std::make_unique<Paced>(rate); };
}

SwarmOptions Large(uint64_t seed) {
  SwarmOptions options;
  options.seed = seed;
  options.content.size = 40 << 20;
  return options;
}

// The rate at which a leecher gets the file from a seeder so paced, over `length` from a minute
// after its start on, in bytes a second.
double RateBetween(Duration length, const Paced::RateAt& rate, uint64_t* hash) {
  SwarmWorld swarm(Large(*hash));
  swarm.AddSeeder([&](ClientHostOptions& host) { host.client.choker = PacedBy(rate); });
  swarm.world.RunFor(seconds(20));
  const ClientHost& leecher = swarm.AddLeecher();
  swarm.world.RunFor(seconds(60));
  const uint64_t before = leecher.status().downloaded;
  swarm.world.RunFor(length);
  *hash = swarm.world.trace_hash();
  return static_cast<double>(leecher.status().downloaded - before) / ToSeconds(length);
}

TEST(ChokerWorld, ARateLimitHoldsWithinThreePercent) {
  for (const uint64_t rate : {4'000, 15'000, 100'000}) {
    EachRunTwice([rate](uint64_t seed) {
      const double expected = static_cast<double>(rate);
      EXPECT_NEAR(RateBetween(
                      seconds(300), [rate](Time) { return rate; }, &seed),
                  expected, expected * 0.03 + 16384.0 / 300);
      return seed;
    });
  }
}

TEST(ChokerWorld, ARateLimitThatChangesEachRoundHoldsInTheMean) {
  EachRunTwice([](uint64_t seed) {
    const auto rate = [](Time now) -> uint64_t {
      return now.time_since_epoch() / seconds(10) % 2 == 0 ? 10'000 : 30'000;
    };
    EXPECT_NEAR(RateBetween(seconds(300), rate, &seed), 20'000, 20'000 * 0.05);
    return seed;
  });
}

TEST(ChokerWorld, AHigherLimitDoesNotWaitForTheBlockOfTheLowerOne) {
  EachRunTwice([](uint64_t seed) {
    SwarmWorld swarm(Large(seed));
    const Time change = swarm.world.now() + seconds(120);
    const auto rate = [change](Time now) -> uint64_t { return now < change ? 100 : 400'000; };
    swarm.AddSeeder([&](ClientHostOptions& host) { host.client.choker = PacedBy(rate); });
    swarm.world.RunFor(seconds(20));
    const ClientHost& leecher = swarm.AddLeecher();
    swarm.world.RunUntil(change, seconds(1), [] { return false; });
    EXPECT_LE(leecher.status().downloaded, 3u * 16'384);
    swarm.world.RunFor(seconds(20));  // a round, and ten seconds
    EXPECT_GE(leecher.status().downloaded, 3'000'000u);
    return swarm.world.trace_hash();
  });
}

// What a leecher with this choker has given to a free rider by the time it has everything itself.
uint64_t GivenToAFreeRider(const StrategySpec& choker, uint64_t* hash) {
  const peer::ChokerRegistry chokers;
  SwarmOptions options = Large(*hash);
  options.content.size = 6 << 20;
  SwarmWorld swarm(options);
  swarm.AddSeeder([](ClientHostOptions& host) { host.rates.up = 60'000; });
  swarm.world.RunFor(seconds(20));
  const ClientHost& giver = swarm.AddLeecher(
      [&](ClientHostOptions& host) { host.client.choker = *chokers.Make(choker); });
  swarm.AddLeecher([&](ClientHostOptions& host) {
    host.client.choker = *chokers.Make({"never", {}});
  });
  EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(20), milliseconds(100),
                                   [&] { return giver.history().complete.has_value(); }));
  *hash = swarm.world.trace_hash();
  return giver.status().uploaded;
}

TEST(ChokerWorld, BlockTitForTatGivesAFreeRiderNoMoreThanTheDeficit) {
  EachRunTwice([](uint64_t seed) {
    // Within the last tenth of a second it seeds already.
    constexpr uint64_t kDeficit = 2 * 64 * 1024 + 16 * 1024;
    uint64_t stock_hash = seed;
    const uint64_t stock = GivenToAFreeRider({"tit-for-tat", {}}, &stock_hash);
    const uint64_t bounded = GivenToAFreeRider({"block-tft", {}}, &seed);
    EXPECT_GT(stock, 1'000'000u);
    EXPECT_LE(bounded, kDeficit + 100'000);
    EXPECT_GE(bounded, 2u * 64 * 1024);
    return HashNumbers({seed, stock_hash});
  });
}

TEST(ChokerWorld, EveryChokerGetsASwarmToTheEnd) {
  const peer::ChokerRegistry chokers;
  for (const char* name : {"tit-for-tat", "block-tft", "bittyrant"}) {
    EachRunTwice([&](uint64_t seed) {
      SwarmOptions options = Large(seed);
      options.content.size = 6 << 20;
      options.rates = {100'000, 1'000'000};
      options.client.choker = *chokers.Make({name, {}});
      SwarmWorld swarm(options);
      swarm.AddSeeder();
      swarm.world.RunFor(seconds(20));
      for (int i = 0; i < 10; ++i) swarm.AddLeecher();
      EXPECT_TRUE(swarm.RunUntilComplete(minutes(30))) << name;
      swarm.ExpectAllIsWell();
      return swarm.world.trace_hash();
    });
  }
}

}  // namespace
}  // namespace starling::sim
