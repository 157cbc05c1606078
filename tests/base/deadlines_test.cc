#include "base/deadlines.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/token_bucket.h"

namespace starling {
namespace {

constexpr Time At(int64_t microseconds) { return Time(Duration(microseconds)); }

struct Owner final : DeadlineHandler {
  Owner(Deadlines& heap, std::function<void(Time)> f) : entry(heap, *this), act(std::move(f)) {}
  void OnDeadline(Time now) override { act(now); }
  Deadline entry;
  std::function<void(Time)> act;
};

TEST(Deadlines, CallsInOrderOfTimeAndThenOfSetting) {
  Deadlines heap;
  std::string called;
  Owner a(heap, [&](Time) { called += 'a'; });
  Owner b(heap, [&](Time) { called += 'b'; });
  Owner c(heap, [&](Time) { called += 'c'; });
  b.entry.Set(At(5));
  a.entry.Set(At(5));
  c.entry.Set(At(3));
  EXPECT_EQ(heap.earliest(), At(3));
  heap.RunDue(At(4));
  EXPECT_EQ(called, "c");
  heap.RunDue(At(5));
  EXPECT_EQ(called, "cba");
  EXPECT_EQ(heap.earliest(), kNever);
}

TEST(Deadlines, AnOwnerMayDestroyAnotherOrItself) {
  Deadlines heap;
  std::unique_ptr<Owner> victim;
  bool victim_called = false;
  Owner killer(heap, [&](Time) { victim = nullptr; });
  victim = std::make_unique<Owner>(heap, [&](Time) { victim_called = true; });
  killer.entry.Set(At(1));
  victim->entry.Set(At(1));
  heap.RunDue(At(1));
  EXPECT_FALSE(victim_called);
  std::unique_ptr<Owner> suicide;
  suicide = std::make_unique<Owner>(heap, [&](Time) { suicide = nullptr; });
  suicide->entry.Set(At(2));
  heap.RunDue(At(2));
  EXPECT_EQ(heap.size(), 0u);
}

TEST(Deadlines, WhatIsSetDuringARunWaitsForTheNext) {
  Deadlines heap;
  int calls = 0;
  std::unique_ptr<Owner> again;
  again = std::make_unique<Owner>(heap, [&](Time now) {
    ++calls;
    again->entry.Set(now);
  });
  again->entry.Set(At(1));
  heap.RunDue(At(1));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(heap.earliest(), At(1));
}

TEST(Deadlines, StaysSortedUnderManyChanges) {
  Deadlines heap;
  SeededRandom random(3);
  Time last = At(0);
  std::vector<std::unique_ptr<Owner>> owners;
  for (int i = 0; i < 200; ++i) {
    owners.push_back(std::make_unique<Owner>(heap, [&](Time now) { last = now; }));
  }
  for (int round = 0; round < 5000; ++round) {
    Owner& owner = *owners[random.Below(owners.size())];
    const uint64_t when = random.Below(1'000'000);
    owner.entry.Set(random.Below(10) == 0 ? kNever : At(static_cast<int64_t>(when)));
    Time least = kNever;
    for (const auto& other : owners) least = std::min(least, other->entry.when());
    ASSERT_EQ(heap.earliest(), least);
  }
}

TEST(TokenBucket, SpreadsReservationsAtItsRate) {
  TokenBucket bucket(1000, milliseconds(0));
  EXPECT_EQ(bucket.Reserve(At(0), 500), At(0));
  EXPECT_EQ(bucket.Reserve(At(0), 500), At(500'000));
  EXPECT_EQ(bucket.Reserve(At(0), 1), At(1'000'000));
}

TEST(TokenBucket, SavesUpOnlyItsBurstWhileIdle) {
  TokenBucket bucket(1000, milliseconds(100));
  EXPECT_EQ(bucket.Reserve(At(10'000'000), 100), At(10'000'000));
  EXPECT_EQ(bucket.Reserve(At(10'000'000), 100), At(10'000'000));
  EXPECT_EQ(bucket.Reserve(At(10'000'000), 100), At(10'100'000));
}

TEST(TokenBucket, KeepsTheRemainderOfEveryDivision) {
  TokenBucket bucket(3'000'000, milliseconds(0));
  Time last{};
  for (int i = 0; i < 3'000'001; ++i) last = bucket.Reserve(At(0), 1);
  EXPECT_EQ(last, At(1'000'000));
}

TEST(TokenBucket, TakesBackWhatIsNotUsed) {
  TokenBucket bucket(1000, milliseconds(100));
  EXPECT_EQ(bucket.Reserve(At(0), 500), At(0));
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(bucket.Reserve(At(0), 2'000), At(500'000));
    bucket.GiveBack(2'000);
  }
  // Nobody saves up more than the burst by it.
  bucket.GiveBack(10'000);
  EXPECT_EQ(bucket.Reserve(At(0), 100), At(0));
  EXPECT_EQ(bucket.Reserve(At(0), 100), At(0));
  EXPECT_EQ(bucket.Reserve(At(0), 100), At(100'000));
}

TEST(TokenBucket, NestedBucketsWaitForTheSlowest) {
  TokenBucket unlimited;
  TokenBucket slow(1000, milliseconds(0));
  EXPECT_EQ(ReserveAll({&unlimited, &slow, nullptr}, At(0), 1000), At(0));
  EXPECT_EQ(ReserveAll({&unlimited, &slow, nullptr}, At(0), 1000), At(1'000'000));
}

}  // namespace
}  // namespace starling
