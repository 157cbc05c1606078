#include "dht/contact.h"

#include <gtest/gtest.h>

#include "dht/address.h"

namespace starling::dht {
namespace {

TEST(Contact, TakesFortyFourBytes) { EXPECT_EQ(sizeof(Contact), 44u); }

TEST(Contact, IsGoodForFifteenMinutesAfterItsLastSign) {
  Contact contact;
  contact.last_seen_s = 1000;
  EXPECT_FALSE(contact.IsGood(1000)) << "it never answered";
  contact.failures = 0;
  EXPECT_TRUE(contact.IsGood(1000));
  EXPECT_TRUE(contact.IsGood(1000 + 899));
  EXPECT_FALSE(contact.IsGood(1000 + 900));
  contact.failures = 1;
  EXPECT_FALSE(contact.IsGood(1000));
  EXPECT_TRUE(contact.is_verified());
}

TEST(Contact, StampsAreClampedSeconds) {
  EXPECT_EQ(ToStamp(Time(milliseconds(1999))), 1u);
  EXPECT_EQ(ToStamp(Time(seconds(-5))), 0u);
  EXPECT_EQ(ToStamp(kNever), 0xffff'ffffu);
}

TEST(Contact, RttClassesRiseFourStepsToTheDoubling) {
  EXPECT_EQ(RttClass(microseconds(0)), 1);
  EXPECT_EQ(RttClass(microseconds(999)), 1);
  uint8_t previous = 1;
  for (int64_t ms = 1; ms <= 2000; ++ms) {
    const uint8_t rtt_class = RttClass(milliseconds(ms));
    EXPECT_GE(rtt_class, previous) << ms;
    EXPECT_LE(rtt_class, previous + 4) << ms;
    previous = rtt_class;
  }
  EXPECT_EQ(RttClass(milliseconds(200)), RttClass(milliseconds(100)) + 4);
  EXPECT_LT(RttClass(hours(10000)), 255);
}

TEST(Address, PublicOnesStandForOneParticipantPrivateOnesForOneAPort) {
  const auto at = [](absl::string_view text) { return *Endpoint::Parse(text); };
  EXPECT_TRUE(IsSameParticipant(at("8.8.8.8:1"), at("8.8.8.8:2")));
  EXPECT_FALSE(IsSameParticipant(at("8.8.8.8:1"), at("8.8.8.9:1")));
  EXPECT_FALSE(IsSameParticipant(at("127.0.0.1:1"), at("127.0.0.1:2")));
  EXPECT_FALSE(IsSameParticipant(at("10.0.0.1:1"), at("10.0.0.1:2")));
  EXPECT_TRUE(IsSameParticipant(at("10.0.0.1:1"), at("10.0.0.1:1")));

  EXPECT_EQ(SourceOf(at("8.8.8.8:1")), SourceOf(at("8.8.8.8:2")));
  EXPECT_NE(SourceOf(at("192.168.1.1:1")), SourceOf(at("192.168.1.1:2")));
  EXPECT_EQ(SourceOf(at("[2001:db8:1:2::1]:1")), SourceOf(at("[2001:db8:1:2:ffff::9]:7")));
  EXPECT_NE(SourceOf(at("[2001:db8:1:2::1]:1")), SourceOf(at("[2001:db8:1:3::1]:1")));
  EXPECT_NE(SourceOf(at("[::1]:1")), SourceOf(at("[::1]:2")));
}

TEST(Address, NobodyIsToldOfWhatLiesNearerThanHeDoes) {
  const auto at = [](absl::string_view text) { return *Endpoint::Parse(text); };
  const Endpoint loopback = at("127.0.0.1:1");
  const Endpoint lan = at("192.168.0.7:1");
  const Endpoint internet = at("8.8.8.8:1");
  EXPECT_TRUE(CanReach(loopback, loopback));
  EXPECT_TRUE(CanReach(loopback, lan));
  EXPECT_TRUE(CanReach(loopback, internet));
  EXPECT_FALSE(CanReach(lan, loopback));
  EXPECT_TRUE(CanReach(lan, lan));
  EXPECT_TRUE(CanReach(lan, internet));
  EXPECT_FALSE(CanReach(internet, loopback));
  EXPECT_FALSE(CanReach(internet, lan));
  EXPECT_TRUE(CanReach(internet, internet));
}

}  // namespace
}  // namespace starling::dht
