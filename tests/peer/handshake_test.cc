#include "peer/handshake.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/damaged_bytes.h"

namespace starling::peer {
namespace {

Handshake Sample() {
  Handshake handshake;
  handshake.info_hash = InfoHash::FromHex("000102030405060708090a0b0c0d0e0f10111213").value();
  handshake.peer_id = PeerId::FromBytes(AsBytes("-ST0001-abcdefghijkl"));
  return handshake;
}

TEST(Handshake, IsThatOfBep3ByteForByte) {
  EXPECT_EQ(EncodeHandshake(Sample()).text(),
            absl::string_view("\x13"
                              "BitTorrent protocol\0\0\0\0\0\0\0\0"
                              "\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
                              "\x11\x12\x13-ST0001-abcdefghijkl",
                              kHandshakeSize));
}

TEST(Handshake, SetsTheReservedBitsOfBep5And6And10) {
  Handshake handshake = Sample();
  handshake.supports_dht = true;
  handshake.supports_fast = true;
  handshake.supports_extensions = true;
  const Slice bytes = EncodeHandshake(handshake);
  EXPECT_EQ(ToHex(bytes.view().subspan(20, 8)), "0000000000100005");
}

TEST(Handshake, ReadsWhatItWrote) {
  for (int bits = 0; bits < 8; ++bits) {
    Handshake handshake = Sample();
    handshake.supports_dht = (bits & 1) != 0;
    handshake.supports_fast = (bits & 2) != 0;
    handshake.supports_extensions = (bits & 4) != 0;
    const std::optional<Handshake> read = ParseHandshake(EncodeHandshake(handshake).view());
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->info_hash, handshake.info_hash);
    EXPECT_EQ(read->peer_id, handshake.peer_id);
    EXPECT_EQ(read->supports_dht, handshake.supports_dht);
    EXPECT_EQ(read->supports_fast, handshake.supports_fast);
    EXPECT_EQ(read->supports_extensions, handshake.supports_extensions);
  }
}

TEST(Handshake, IgnoresReservedBitsThatItDoesNotKnow) {
  std::string bytes(EncodeHandshake(Sample()).text());
  for (size_t at = 20; at < 28; ++at) bytes[at] = static_cast<char>(0xff);
  const std::optional<Handshake> read = ParseHandshake(AsBytes(bytes));
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->supports_dht && read->supports_fast && read->supports_extensions);
}

TEST(Handshake, TellsFromTheFirstBytesThatItIsNone) {
  const std::string bytes(EncodeHandshake(Sample()).text());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_FALSE(IsNoHandshake(AsBytes(bytes).first(size)));
    EXPECT_EQ(ParseHandshake(AsBytes(bytes).first(size)).has_value(), size == kHandshakeSize);
  }
  for (size_t at = 0; at < 20; ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_TRUE(IsNoHandshake(AsBytes(damaged).first(at + 1)));
    EXPECT_FALSE(ParseHandshake(AsBytes(damaged)).has_value());
  }
}

TEST(Handshake, SurvivesDamage) {
  const std::string valid(EncodeHandshake(Sample()).text());
  const auto parse = [](ByteView bytes) {
    if (ParseHandshake(bytes).has_value()) {
      EXPECT_FALSE(IsNoHandshake(bytes));
    }
  };
  test::ForEachDamage(valid, parse);
  test::ForEachNoise(3, 1000, 100, valid, parse);
}

}  // namespace
}  // namespace starling::peer
