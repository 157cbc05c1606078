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

TEST(OwnAddress, IsBelievedWhenTwoAgree) {
  OwnAddress own;
  const Endpoint peer = *Endpoint::Parse("8.8.8.8:1");
  own.Hear(*Endpoint::Parse("1.2.3.4:5"));
  EXPECT_EQ(own.Towards(peer), nullptr);
  own.Hear(*Endpoint::Parse("4.3.2.1:5"));
  EXPECT_EQ(own.Towards(peer), nullptr);
  EXPECT_FALSE(own.TakeChange());
  own.Hear(*Endpoint::Parse("4.3.2.1:5"));
  ASSERT_NE(own.Towards(peer), nullptr);
  EXPECT_EQ(*own.Towards(peer), *Endpoint::Parse("4.3.2.1:5"));
  EXPECT_TRUE(own.TakeChange());
  EXPECT_FALSE(own.TakeChange());
  own.Hear(*Endpoint::Parse("9.9.9.9:5"));
  EXPECT_EQ(own.Towards(peer)->v4(), 0x04030201u) << "one alone changes nothing";
}

TEST(OwnAddress, IsAnotherOneInAPrivateNetwork) {
  OwnAddress own;
  for (int i = 0; i < 2; ++i) {
    own.Hear(*Endpoint::Parse("1.2.3.4:5"));
    own.Hear(*Endpoint::Parse("192.168.0.7:5"));
    own.Hear(*Endpoint::Parse("[2001:db8::7]:5"));
  }
  EXPECT_EQ(own.Towards(*Endpoint::Parse("8.8.8.8:1"))->ToString(), "1.2.3.4:5");
  EXPECT_EQ(own.Towards(*Endpoint::Parse("10.0.0.1:1"))->ToString(), "192.168.0.7:5");
  EXPECT_EQ(own.Towards(*Endpoint::Parse("[2001:db8::1]:1"))->ToString(), "[2001:db8::7]:5");
}

}  // namespace
}  // namespace starling::peer
