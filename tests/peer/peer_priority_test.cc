#include "peer/peer_priority.h"

#include <gtest/gtest.h>

#include <string>

namespace starling::peer {
namespace {

uint32_t Priority(const std::string& a, const std::string& b, uint16_t port_a = 1,
                  uint16_t port_b = 2) {
  const uint32_t priority =
      PeerPriority(*Endpoint::ParseAddress(a, port_a), *Endpoint::ParseAddress(b, port_b));
  EXPECT_EQ(priority,
            PeerPriority(*Endpoint::ParseAddress(b, port_b), *Endpoint::ParseAddress(a, port_a)));
  return priority;
}

TEST(PeerPriority, HasTheVectorsOfBep40) {
  EXPECT_EQ(Priority("123.213.32.10", "98.76.54.32"), 0xec2d7224u);
  EXPECT_EQ(Priority("123.213.32.10", "123.213.32.234"), 0x99568189u);
}

TEST(PeerPriority, CountsOfStrangersTheNetworkAndEverySecondBitOfTheRest) {
  EXPECT_EQ(Priority("123.213.32.10", "98.76.54.32"), Priority("123.213.32.10", "98.76.20.138"));
  EXPECT_NE(Priority("123.213.32.10", "98.76.54.32"), Priority("123.213.32.10", "98.76.55.32"));
  EXPECT_NE(Priority("123.213.32.10", "98.76.54.32"), Priority("123.213.32.10", "98.77.54.32"));
}

TEST(PeerPriority, CountsOfNeighboursMore) {
  // In one /16 the third byte counts in full, in one /24 all of the address.
  EXPECT_NE(Priority("10.0.1.1", "10.0.3.1"), Priority("10.0.1.1", "10.0.9.1"));
  EXPECT_EQ(Priority("10.0.1.1", "10.0.3.1"), Priority("10.0.1.1", "10.0.3.3"));
  EXPECT_NE(Priority("10.0.1.1", "10.0.1.8"), Priority("10.0.1.1", "10.0.1.10"));
}

TEST(PeerPriority, OfOneHostIsThatOfThePorts) {
  EXPECT_EQ(Priority("10.0.1.1", "10.0.1.1", 7, 9), Priority("1.2.3.4", "1.2.3.4", 9, 7));
  EXPECT_NE(Priority("10.0.1.1", "10.0.1.1", 7, 9), Priority("10.0.1.1", "10.0.1.1", 7, 8));
}

TEST(PeerPriority, OfIpv6CountsTheSite) {
  const std::string own = "2001:db8:1::1";
  EXPECT_EQ(Priority(own, "2001:db8:2:aa00::1"), Priority(own, "2001:db8:2::1"));
  EXPECT_NE(Priority(own, "2001:db8:2::1"), Priority(own, "2001:db8:3::1"));
  // In one /48 the next byte counts in full, and so on.
  EXPECT_NE(Priority(own, "2001:db8:1:aa00::1"), Priority(own, "2001:db8:1:a000::1"));
  EXPECT_EQ(Priority(own, "2001:db8:1:aaaa::1"), Priority(own, "2001:db8:1:aa00::1"));
  EXPECT_NE(Priority(own, "2001:db8:1::2"), Priority(own, "2001:db8:1::8"));
}

Endpoint At(const std::string& address) { return *Endpoint::ParseAddress(address, 5); }

TEST(OwnAddress, IsBelievedWhenMostAgree) {
  OwnAddress own;
  const Endpoint peer = At("8.8.8.8");
  own.Hear(At("60.0.1.1"), At("1.2.3.4"));
  EXPECT_EQ(own.Towards(peer), nullptr);
  own.Hear(At("60.0.2.1"), At("4.3.2.1"));
  EXPECT_EQ(own.Towards(peer), nullptr);
  EXPECT_FALSE(own.TakeChange());
  own.Hear(At("60.0.3.1"), At("4.3.2.1"));
  ASSERT_NE(own.Towards(peer), nullptr);
  EXPECT_EQ(*own.Towards(peer), At("4.3.2.1"));
  EXPECT_TRUE(own.TakeChange());
  EXPECT_FALSE(own.TakeChange());
  // It may change, but not because of a few.
  for (int i = 10; i < 16; ++i) own.Hear(At("60.1." + std::to_string(i) + ".1"), At("9.9.9.9"));
  EXPECT_EQ(*own.Towards(peer), At("9.9.9.9"));
  for (int i = 20; i < 24; ++i) own.Hear(At("60.1." + std::to_string(i) + ".1"), At("7.7.7.7"));
  EXPECT_EQ(*own.Towards(peer), At("9.9.9.9"));
}

TEST(OwnAddress, IsNotBelievedOfOneNetworkAlone) {
  OwnAddress own;
  own.Hear(At("60.0.1.1"), At("4.3.2.1"));
  own.Hear(At("60.0.2.1"), At("4.3.2.1"));
  for (int i = 0; i < 100; ++i) own.Hear(At("61.0.0." + std::to_string(i)), At("6.6.6.6"));
  EXPECT_EQ(*own.Towards(At("8.8.8.8")), At("4.3.2.1"));
}

TEST(OwnAddress, IsAnotherOneInAPrivateNetwork) {
  OwnAddress own;
  for (const std::string last : {"1", "2"}) {
    own.Hear(At("60.0." + last + ".1"), At("1.2.3.4"));
    own.Hear(At("192.168.0." + last), At("192.168.0.7"));
    own.Hear(At("2001:db8:" + last + "::1"), At("2001:db8::7"));
    // Of whom cannot know, of what cannot be.
    own.Hear(At("60.0." + last + ".1"), At("10.6.6.6"));
    own.Hear(At("192.168.0." + last), At("127.0.0.1"));
    own.Hear(At("60.0." + last + ".1"), At("0.0.0.0"));
  }
  EXPECT_EQ(*own.Towards(At("8.8.8.8")), At("1.2.3.4"));
  EXPECT_EQ(*own.Towards(At("10.0.0.1")), At("192.168.0.7"));
  EXPECT_EQ(*own.Towards(At("2001:db8:9::1")), At("2001:db8::7"));
}

}  // namespace
}  // namespace starling::peer
