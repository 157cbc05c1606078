// Ids, bytes, endpoints, digests, bitfields and randomness: the plain values of base.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "base/bitfield.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/random.h"

namespace starling {
namespace {

TEST(Bytes, StoreAndLoadBigEndian) {
  std::byte space[8];
  StoreBig<uint64_t>(space, 0x0102030405060708);
  EXPECT_EQ(space[0], std::byte{1});
  EXPECT_EQ(LoadBig<uint64_t>(space), 0x0102030405060708u);
  EXPECT_EQ(LoadBig<uint16_t>(space + 6), 0x0708);
}

TEST(Bytes, HexGoesBothWaysAndRefusesTheRest) {
  EXPECT_EQ(ToHex(AsBytes("\x01\xfe")), "01fe");
  EXPECT_EQ(FromHex("01fE"), std::string("\x01\xfe"));
  EXPECT_FALSE(FromHex("0").has_value());
  EXPECT_FALSE(FromHex("0g").has_value());
}

TEST(Id, KnowsPrefixesAndWhichIsCloser) {
  const NodeId zero{};
  NodeId one{};
  one.bytes[19] = std::byte{1};
  NodeId high{};
  high.bytes[0] = std::byte{0x80};
  EXPECT_EQ(SharedPrefixBits(zero, zero), 160);
  EXPECT_EQ(SharedPrefixBits(zero, one), 159);
  EXPECT_EQ(SharedPrefixBits(zero, high), 0);
  EXPECT_TRUE(IsCloser(zero, one, high));
  EXPECT_FALSE(IsCloser(zero, high, one));
  EXPECT_FALSE(IsCloser(zero, one, one));
  EXPECT_TRUE(high.bit(0) && one.bit(159) && !one.bit(158));
}

TEST(Id, ReadsFortyHexDigits) {
  const std::string hex = "0123456789abcdef0123456789abcdef01234567";
  EXPECT_EQ(InfoHash::FromHex(hex)->hex(), hex);
  EXPECT_FALSE(InfoHash::FromHex(hex.substr(2)).has_value());
}

TEST(Digest, MatchesTheStandardVectors) {
  EXPECT_EQ(Sha1(AsBytes("abc")).hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha256(AsBytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha1Hasher hasher;
  hasher.Add(AsBytes("a"));
  hasher.Add(AsBytes("bc"));
  EXPECT_EQ(hasher.Finish(), Sha1(AsBytes("abc")));
  EXPECT_EQ(hasher.Finish(), Sha1({}));
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(Endpoint::Parse("1.2.3.4:80")->ToString(), "1.2.3.4:80");
  EXPECT_EQ(Endpoint::Parse("[2001:db8::1]:80")->ToString(), "[2001:db8::1]:80");
  EXPECT_EQ(Endpoint::ParseAddress("::1", 5)->ToString(), "[::1]:5");
  for (const char* text : {"", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "::1:80",
                           "[1.2.3.4]:80", "[::1]80", "a.b:80", "1.2.3:80", "[::1:80"}) {
    EXPECT_FALSE(Endpoint::Parse(text).has_value()) << text;
  }
}

TEST(Endpoint, CompactFormsRoundTripAndRefuseOtherLengths) {
  std::byte space[kCompactSizeMax];
  for (const char* text : {"1.2.3.4:6881", "[2001:db8::1]:6881"}) {
    const Endpoint endpoint = *Endpoint::Parse(text);
    const size_t size = WriteCompact(endpoint, space);
    EXPECT_EQ(size, CompactSize(endpoint));
    EXPECT_EQ(ReadCompact({space, size}), endpoint);
    EXPECT_FALSE(ReadCompact({space, size - 1}).has_value());
  }
  EXPECT_EQ(AsText({space, WriteCompact(Endpoint::V4(0x01020304, 0x1ae1), space)}),
            "\x01\x02\x03\x04\x1a\xe1");
}

TEST(Endpoint, KnowsWhichAddressesAreSpecial) {
  const auto at = [](const char* address) { return *Endpoint::ParseAddress(address, 1); };
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1",
        "100.64.0.1", "::1", "fe80::1", "fd00::1"}) {
    EXPECT_TRUE(at(address).is_private()) << address;
  }
  for (const char* address : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1"}) {
    EXPECT_FALSE(at(address).is_private()) << address;
    EXPECT_TRUE(at(address).is_usable()) << address;
  }
  for (const char* address : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"}) {
    EXPECT_FALSE(at(address).is_usable()) << address;
  }
  EXPECT_FALSE(Endpoint::V4(0x08080808, 0).is_usable());
  EXPECT_EQ(at("1.2.3.4").prefix(), at("1.2.3.99").prefix());
  EXPECT_NE(at("1.2.3.4").prefix(), at("1.2.4.4").prefix());
  EXPECT_EQ(at("2001:db8:1::1").prefix(), at("2001:db8:1:ffff::2").prefix());
}

TEST(Bitfield, CountsAndSpeaksTheWireForm) {
  Bitfield field(10);
  EXPECT_TRUE(field.none());
  EXPECT_TRUE(field.Set(PieceIndex(0)));
  EXPECT_FALSE(field.Set(PieceIndex(0)));
  EXPECT_TRUE(field.Set(PieceIndex(9)));
  EXPECT_EQ(field.count(), 2u);
  EXPECT_EQ(AsText(field.wire()), absl::string_view("\x80\x40", 2));
  EXPECT_EQ(Bitfield::FromWire(field.wire(), 10), field);
  EXPECT_FALSE(field.Has(PieceIndex(10)));
  field.SetAll();
  EXPECT_TRUE(field.all());
  EXPECT_EQ(AsText(field.wire()), absl::string_view("\xff\xc0", 2));
  EXPECT_TRUE(field.Clear(PieceIndex(3)));
  EXPECT_TRUE(field.LacksAnyOf(Bitfield(10, true)));
  EXPECT_FALSE(Bitfield(10, true).LacksAnyOf(field));
}

TEST(Bitfield, RefusesSpareBitsAndWrongLengths) {
  EXPECT_FALSE(Bitfield::FromWire(AsBytes(absl::string_view("\x80\x20", 2)), 10).has_value());
  EXPECT_FALSE(Bitfield::FromWire(AsBytes("\x80"), 10).has_value());
  EXPECT_FALSE(Bitfield::FromWire(AsBytes("abc"), 10).has_value());
  EXPECT_TRUE(Bitfield::FromWire({}, 0).has_value());
}

TEST(SeededRandom, RepeatsAndDiffersByPurpose) {
  SeededRandom a = SeededRandom::For(1, 2, 3);
  SeededRandom b = SeededRandom::For(1, 2, 3);
  SeededRandom c = SeededRandom::For(1, 3, 2);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

TEST(SeededRandom, DrawsEvenlyBelowABound) {
  SeededRandom random(7);
  std::vector<int> counts(10);
  for (int i = 0; i < 10'000; ++i) ++counts[random.Below(10)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  std::vector<int> items(20);
  std::iota(items.begin(), items.end(), 0);
  random.Shuffle(std::span<int>(items));
  EXPECT_FALSE(std::is_sorted(items.begin(), items.end()));
  EXPECT_EQ(std::set<int>(items.begin(), items.end()).size(), 20u);
}

}  // namespace
}  // namespace starling
