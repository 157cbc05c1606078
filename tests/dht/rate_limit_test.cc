#include "dht/rate_limit.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

Endpoint From(absl::string_view text) { return *Endpoint::Parse(text); }

int TakeAll(RateLimit& limit, Time now, const Endpoint& from, int tries = 1000) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += limit.TakeQuery(now, from) ? 1 : 0;
  return taken;
}

TEST(RateLimit, AllowsOneSecondOfBurstAndThenTheRate) {
  RateLimit limit(100, 1'000'000);
  const Time now{seconds(5)};
  const Endpoint from = From("8.8.8.8:1");
  EXPECT_EQ(TakeAll(limit, now, from), 100);
  EXPECT_EQ(TakeAll(limit, now + milliseconds(500), from), 50);
  EXPECT_EQ(TakeAll(limit, now + seconds(60), from), 100);
}

TEST(RateLimit, CountsPublicSourcesByAddressAndLocalOnesByPort) {
  RateLimit limit(10, 1'000'000);
  const Time now{seconds(5)};
  EXPECT_EQ(TakeAll(limit, now, From("8.8.8.8:1")), 10);
  EXPECT_EQ(TakeAll(limit, now, From("8.8.8.8:2")), 0);
  EXPECT_EQ(TakeAll(limit, now, From("8.8.8.9:1")), 10);
  EXPECT_EQ(TakeAll(limit, now, From("127.0.0.1:1")), 10);
  EXPECT_EQ(TakeAll(limit, now, From("127.0.0.1:2")), 10);
}

TEST(RateLimit, CountsTheBytesOfAnswers) {
  RateLimit limit(1'000'000, 20'000);
  const Endpoint from = From("8.8.8.8:1");
  uint64_t bytes = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    const Time now{seconds(5) + milliseconds(ms)};
    if (!limit.TakeQuery(now, from)) continue;
    limit.NoteAnswer(now, from, 1000);
    bytes += 1000;
  }
  EXPECT_GE(bytes, 200'000u);
  EXPECT_LE(bytes, 222'000u) << "ten seconds and one of burst";
}

TEST(RateLimit, ForgetsSourcesThatAreIdle) {
  RateLimit limit(100, 20'000);
  for (uint32_t i = 0; i < 100'000; ++i) {
    const Time now{seconds(5) + milliseconds(20 * i)};
    EXPECT_TRUE(limit.TakeQuery(now, Endpoint::V4(0x08000000 + i, 1)));
  }
  EXPECT_LE(limit.sources(), 32u);
}

TEST(RateLimit, KeepsCountWhenManySourcesCome) {
  RateLimit limit(10, 1'000'000);
  const Time now{seconds(5)};
  EXPECT_EQ(TakeAll(limit, now, From("8.8.8.8:1")), 10);
  for (uint32_t i = 0; i < 50; ++i) {
    EXPECT_EQ(TakeAll(limit, now, Endpoint::V4(0x09000000 + i, 1)), 10);
  }
  EXPECT_EQ(TakeAll(limit, now, From("8.8.8.8:1")), 0) << "it was there when they were few";
  EXPECT_EQ(TakeAll(limit, now, From("9.0.0.49:1")), 0);
  EXPECT_EQ(limit.sources(), 51u);
}

TEST(RateLimit, IsBoundedInAFloodFromForgedSources) {
  RateLimit limit(100, 20'000);
  const Time now{seconds(5)};
  int taken = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    taken += limit.TakeQuery(now, Endpoint::V4(0x08000000 + i, 1)) ? 1 : 0;
  }
  EXPECT_EQ(limit.sources(), RateLimit::kSourcesMax);
  EXPECT_EQ(taken, static_cast<int>(RateLimit::kSourcesMax) + 100) << "the others share one";
  // Those who were there before keep their own allowance, and newcomers have a place again later.
  EXPECT_TRUE(limit.TakeQuery(now, Endpoint::V4(0x08000000, 1)));
  EXPECT_TRUE(limit.TakeQuery(now + seconds(2), From("9.9.9.9:1")));
  EXPECT_LE(limit.sources(), 2u);
}

}  // namespace
}  // namespace starling::dht
