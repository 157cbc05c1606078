#include "dht/strangers.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

constexpr Time kStart{hours(1)};
constexpr size_t kEnough = Strangers::kContactsMin;

Endpoint At(uint32_t number) { return Endpoint::V4(0x50000000 + number, 6881); }

TEST(Strangers, AreMissedAfterHalfAnHour) {
  Strangers strangers;
  strangers.Judge(kStart, true, kEnough);
  strangers.Judge(kStart + minutes(29), true, kEnough);
  EXPECT_FALSE(strangers.are_missing());
  strangers.Judge(kStart + minutes(30), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
}

TEST(Strangers, AreNotThoseWhomWeAsked) {
  Strangers strangers;
  strangers.Judge(kStart, true, kEnough);
  strangers.OnAsked(At(1));
  strangers.OnQuery(kStart + minutes(20), At(1));
  strangers.Judge(kStart + minutes(31), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
  strangers.OnQuery(kStart + minutes(40), At(1));
  EXPECT_TRUE(strangers.are_missing());
  strangers.OnQuery(kStart + minutes(40), At(2));
  EXPECT_FALSE(strangers.are_missing());
}

TEST(Strangers, KeepUsReachableWhileTheyCome) {
  Strangers strangers;
  strangers.Judge(kStart, true, kEnough);
  Time now = kStart;
  for (uint32_t i = 0; i < 20; ++i) {
    now += minutes(15);
    strangers.OnQuery(now, At(i));
    strangers.Judge(now, true, kEnough);
    EXPECT_FALSE(strangers.are_missing());
  }
  strangers.Judge(now + minutes(31), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
}

TEST(Strangers, AreAwaitedAgainAfterHours) {
  Strangers strangers;
  strangers.Judge(kStart, true, kEnough);
  strangers.Judge(kStart + hours(1), true, kEnough);
  strangers.Judge(kStart + hours(6), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
  strangers.Judge(kStart + hours(7), true, kEnough);
  EXPECT_FALSE(strangers.are_missing()) << "a trial";
  strangers.Judge(kStart + hours(7) + minutes(30), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
}

TEST(Strangers, SayNothingInASmallNetwork) {
  Strangers strangers;
  for (int i = 0; i < 10; ++i) strangers.Judge(kStart + hours(i), false, kEnough);
  for (int i = 10; i < 20; ++i) strangers.Judge(kStart + hours(i), true, kEnough - 1);
  EXPECT_FALSE(strangers.are_missing());
  strangers.Judge(kStart + hours(20), true, kEnough);
  strangers.Judge(kStart + hours(21), true, kEnough);
  EXPECT_TRUE(strangers.are_missing());
  strangers.Judge(kStart + hours(22), false, kEnough);
  EXPECT_FALSE(strangers.are_missing());
}

}  // namespace
}  // namespace starling::dht
