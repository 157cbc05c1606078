// Whom we believe what our address is.

#include "dht/address_votes.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

Endpoint At(absl::string_view text) { return *Endpoint::Parse(text); }
Endpoint Voter(uint32_t network, uint32_t host = 1) {
  return Endpoint::V4(0x50000000 + (network << 16) + host, 6881);
}
const Endpoint kHome = At("203.0.113.7:6881");
const Endpoint kLie = At("198.51.100.1:6881");

AddressVotes Settled() {
  AddressVotes votes;
  for (uint32_t i = 0; i < 12; ++i) votes.Note(Voter(i), kHome);
  EXPECT_TRUE(votes.agreed()->SameAddress(kHome));
  return votes;
}

TEST(AddressVotes, FiveNetworksThatAgreeAreBelieved) {
  AddressVotes votes;
  for (uint32_t i = 0; i < 4; ++i) EXPECT_FALSE(votes.Note(Voter(i), kHome).has_value());
  const std::optional<Endpoint> agreed = votes.Note(Voter(4), kHome);
  ASSERT_TRUE(agreed.has_value());
  EXPECT_TRUE(agreed->SameAddress(kHome));
  EXPECT_FALSE(votes.Note(Voter(5), kHome).has_value()) << "said once";
}

TEST(AddressVotes, OneNetworkHasOneVoteHoweverManyAddresses) {
  AddressVotes votes;
  for (uint32_t host = 1; host < 1000; ++host) votes.Note(Voter(1, host), kLie);
  EXPECT_FALSE(votes.agreed().has_value());
  AddressVotes settled = Settled();
  for (uint32_t host = 1; host < 1000; ++host) {
    EXPECT_FALSE(settled.Note(Voter(1, host), kLie).has_value());
  }
}

TEST(AddressVotes, AThirdOfLiarsDoesNotMakeUsHop) {
  AddressVotes votes = Settled();
  for (int round = 0; round < 20; ++round) {
    for (uint32_t i = 0; i < 4; ++i) EXPECT_FALSE(votes.Note(Voter(100 + i), kLie).has_value());
    for (uint32_t i = 0; i < 8; ++i) EXPECT_FALSE(votes.Note(Voter(i), kHome).has_value());
  }
  EXPECT_TRUE(votes.agreed()->SameAddress(kHome));
}

TEST(AddressVotes, LiarsWhoDisagreeAmongThemselvesAreNeverBelieved) {
  AddressVotes votes;
  for (uint32_t i = 0; i < 500; ++i) votes.Note(Voter(i), Endpoint::V4(0x01000000 + i, 1));
  EXPECT_FALSE(votes.agreed().has_value());
}

TEST(AddressVotes, AMoveIsSeenByThoseAskedSince) {
  AddressVotes votes = Settled();
  const Endpoint home = At("192.0.2.99:6881");
  int asked = 0;
  while (!votes.Note(Voter(200 + static_cast<uint32_t>(asked)), home).has_value()) {
    ASSERT_LT(++asked, 12);
  }
  EXPECT_GE(asked, 7);
  EXPECT_TRUE(votes.agreed()->SameAddress(home));
}

TEST(AddressVotes, PortsDoNotMatterAndPrivateOnesHaveNoVote) {
  AddressVotes votes;
  for (uint16_t i = 0; i < 20; ++i) {
    votes.Note(Endpoint::V4(0x0a000000 + (i << 16), 1), kHome);
    votes.Note(Voter(i), At("192.168.1.2:1"));
    votes.Note(Voter(i), At("[2001:db8::1]:1"));
  }
  EXPECT_FALSE(votes.agreed().has_value());
  for (uint16_t i = 0; i < 5; ++i) {
    Endpoint seen = kHome;
    seen.port = static_cast<uint16_t>(1000 + i);
    votes.Note(Voter(i), seen);
  }
  EXPECT_TRUE(votes.agreed().has_value());
}

}  // namespace
}  // namespace starling::dht
