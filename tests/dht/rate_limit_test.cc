#include "dht/rate_limit.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

constexpr Time kNow{seconds(5)};

Endpoint From(absl::string_view text) { return *Endpoint::Parse(text); }
// Public addresses, each in a network of its own.
Endpoint Public(uint32_t index) { return Endpoint::V4(0x08000000 + index * 256, 1); }

class RateLimitTest : public testing::Test {
 protected:
  RateLimit Limit(uint32_t queries, uint32_t bytes, uint32_t all = 0) {
    return RateLimit(
        {.queries_per_second = queries, .bytes_per_second = bytes, .all_queries_per_second = all},
        random_);
  }
  int TakeAll(RateLimit& limit, Time now, const Endpoint& from, int tries = 1000) {
    int taken = 0;
    for (int i = 0; i < tries; ++i) taken += limit.TakeQuery(now, from) ? 1 : 0;
    return taken;
  }

  SeededRandom random_{1};
};

TEST_F(RateLimitTest, AllowsOneSecondOfBurstAndThenTheRate) {
  RateLimit limit = Limit(100, 1'000'000);
  const Endpoint from = From("8.8.8.8:1");
  EXPECT_EQ(TakeAll(limit, kNow, from), 100);
  EXPECT_EQ(TakeAll(limit, kNow + milliseconds(500), from), 50);
  EXPECT_EQ(TakeAll(limit, kNow + seconds(60), from), 100);
}

TEST_F(RateLimitTest, CountsPublicSourcesByAddressAndLocalOnesByPort) {
  RateLimit limit = Limit(10, 1'000'000);
  EXPECT_EQ(TakeAll(limit, kNow, From("8.8.8.8:1")), 10);
  EXPECT_EQ(TakeAll(limit, kNow, From("8.8.8.8:2")), 0);
  EXPECT_EQ(TakeAll(limit, kNow, From("8.8.8.9:1")), 10);
  EXPECT_EQ(TakeAll(limit, kNow, From("127.0.0.1:1")), 10);
  EXPECT_EQ(TakeAll(limit, kNow, From("127.0.0.1:2")), 10);
}

TEST_F(RateLimitTest, OneCustomerOfIPv6IsOneSource) {
  RateLimit limit = Limit(10, 1'000'000);
  EXPECT_EQ(TakeAll(limit, kNow, From("[2001:db8:1:2::1]:1")), 10);
  EXPECT_EQ(TakeAll(limit, kNow, From("[2001:db8:1:2:ffff::9]:7")), 0);
  EXPECT_EQ(TakeAll(limit, kNow, From("[2001:db8:1:3::1]:1")), 10);
}

TEST_F(RateLimitTest, CountsTheBytesOfAnswers) {
  RateLimit limit = Limit(1'000'000, 20'000);
  const Endpoint from = From("8.8.8.8:1");
  uint64_t bytes = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    const Time now = kNow + milliseconds(ms);
    if (!limit.TakeQuery(now, from)) continue;
    limit.NoteAnswer(1000);
    bytes += 1000;
  }
  EXPECT_GE(bytes, 200'000u);
  EXPECT_LE(bytes, 222'000u) << "ten seconds and one of burst";
}

TEST_F(RateLimitTest, AllSourcesTogetherAreLimited) {
  RateLimit limit = Limit(100, 1'000'000, 2000);
  int taken = 0;
  for (uint32_t i = 0; i < 1000; ++i) taken += TakeAll(limit, kNow, Public(i), 10);
  EXPECT_EQ(taken, 2000);
  EXPECT_EQ(TakeAll(limit, kNow + milliseconds(10), Public(2000)), 20);
}

TEST_F(RateLimitTest, OneSourceUsesUpItsOwnShareAndNotThatOfAll) {
  RateLimit limit = Limit(100, 1'000'000, 1000);
  int of_others = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    const Time now = kNow + milliseconds(ms);
    TakeAll(limit, now, From("9.9.9.9:1"), 50);  // 50,000 a second
    if (ms % 2 == 0) of_others += limit.TakeQuery(now, Public(static_cast<uint32_t>(ms) % 97));
  }
  EXPECT_EQ(of_others, 5000);
}

TEST_F(RateLimitTest, ForgetsSourcesThatAreIdle) {
  RateLimit limit = Limit(100, 20'000);
  for (uint32_t i = 0; i < 100'000; ++i) {
    EXPECT_TRUE(limit.TakeQuery(kNow + milliseconds(20 * i), Public(i)));
  }
  EXPECT_LE(limit.places(), 4u);
}

TEST_F(RateLimitTest, KeepsCountWhenManySourcesCome) {
  RateLimit limit = Limit(10, 1'000'000);
  for (uint32_t i = 0; i < 20; ++i) TakeAll(limit, kNow, Public(1000 + i));
  EXPECT_EQ(TakeAll(limit, kNow, From("9.9.9.9:1")), 10);
  for (uint32_t i = 0; i < 500; ++i) EXPECT_EQ(TakeAll(limit, kNow, Public(i), 20), 10);
  EXPECT_EQ(TakeAll(limit, kNow, From("9.9.9.9:1")), 0) << "it was there when they were fewer";
  for (uint32_t i = 0; i < 500; ++i) EXPECT_EQ(TakeAll(limit, kNow, Public(i), 20), 0) << i;
}

TEST_F(RateLimitTest, IsBoundedInAFloodFromForgedSourcesAndGivesItsMemoryBack) {
  RateLimit limit = Limit(100, 20'000);
  for (uint32_t i = 0; i < 200'000; ++i) limit.TakeQuery(kNow, Public(i));
  EXPECT_EQ(limit.places(), RateLimit::kPlacesMax);
  for (int s = 0; s < 60; ++s) limit.TakeQuery(kNow + seconds(s), Public(1));
  EXPECT_LE(limit.places(), 8u);
}

TEST_F(RateLimitTest, AFloodFromForgedSourcesDoesNotStarveTheHonest) {
  RateLimit limit = Limit(100, 20'000);
  SeededRandom addresses(7);
  int served = 0;
  int asked = 0;
  // 100,000 forged queries a second, each from another address, answered with 300 bytes; a hundred
  // newcomers ask ten times a second each.
  for (int ms = 0; ms < 5000; ++ms) {
    const Time now = kNow + milliseconds(ms);
    for (int i = 0; i < 100; ++i) {
      const Endpoint forged = Endpoint::V4(static_cast<uint32_t>(addresses.Next()) | 1, 9);
      if (limit.TakeQuery(now, forged)) limit.NoteAnswer(300);
    }
    ++asked;
    if (!limit.TakeQuery(now, Public(1 + static_cast<uint32_t>(ms) % 100))) continue;
    limit.NoteAnswer(300);
    ++served;
  }
  EXPECT_GE(served, asked * 99 / 100);
}

}  // namespace
}  // namespace starling::dht
