#include "dht/secure_id.h"

#include <gtest/gtest.h>

namespace starling::dht {
namespace {

struct Vector {
  absl::string_view address;
  int random;
  absl::string_view id;
};
// BEP 42, "test vectors".
constexpr Vector kVectors[] = {
    {"124.31.75.21", 1, "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"},
    {"21.75.31.124", 86, "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256"},
    {"65.23.51.170", 22, "a5d43220bc8f112a3d426c84764f8c2a1150e616"},
    {"84.124.73.14", 65, "1b0321dd1bb1fe518101ceef99462b947a01ff41"},
    {"43.213.53.83", 90, "e56f6cbf5b7c4be0237986d5243b87aa6d51305a"},
};

TEST(SecureId, AcceptsTheVectorsOfTheBep) {
  for (const Vector& vector : kVectors) {
    const Endpoint address = *Endpoint::ParseAddress(vector.address, 6881);
    const NodeId id = *NodeId::FromHex(vector.id);
    EXPECT_EQ(std::to_integer<int>(id.bytes[19]), vector.random);
    EXPECT_TRUE(IsSecureId(id, address)) << vector.address;
    for (size_t bit = 0; bit < 21; ++bit) {
      NodeId other = id;
      other.bytes[bit / 8] ^= std::byte{static_cast<uint8_t>(0x80 >> (bit % 8))};
      EXPECT_FALSE(IsSecureId(other, address)) << vector.address << " bit " << bit;
    }
    NodeId free_bit = id;
    free_bit.bytes[2] ^= std::byte{1};
    EXPECT_TRUE(IsSecureId(free_bit, address));
  }
}

TEST(SecureId, DrawsIdsThatAreAccepted) {
  SeededRandom random(5);
  for (const absl::string_view text : {"124.31.75.21", "8.8.8.8", "2001:db8::1", "2a02:8071::7"}) {
    const Endpoint address = *Endpoint::ParseAddress(text, 1);
    NodeId last;
    for (int i = 0; i < 50; ++i) {
      const NodeId id = DrawSecureId(address, random);
      EXPECT_TRUE(IsSecureId(id, address)) << text;
      EXPECT_NE(id, last);
      last = id;
    }
  }
}

TEST(SecureId, DependsOnlyOnTheMaskedPartOfAnIpv6Address) {
  SeededRandom random(6);
  const NodeId id = DrawSecureId(*Endpoint::ParseAddress("2001:db8::1", 1), random);
  EXPECT_TRUE(IsSecureId(id, *Endpoint::ParseAddress("2001:db8::ffff:1", 1)));
}

TEST(SecureId, LocalAddressesAreExempt) {
  for (const absl::string_view text :
       {"10.1.2.3", "172.16.0.1", "192.168.3.4", "169.254.1.1", "127.0.0.1", "::1"}) {
    EXPECT_TRUE(IsSecureId(NodeId{}, *Endpoint::ParseAddress(text, 1))) << text;
  }
}

}  // namespace
}  // namespace starling::dht
