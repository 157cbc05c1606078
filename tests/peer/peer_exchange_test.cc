#include "peer/peer_exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/damaged_bytes.h"

namespace starling::peer {
namespace {

constexpr Time kStart = Time(hours(1));

Endpoint At(const char* text) { return Endpoint::Parse(text).value(); }
Endpoint Numbered(uint32_t i) { return Endpoint::V4(0x08000000 + i, 6881); }

std::vector<PexPeer> Peers(uint32_t begin, uint32_t end) {
  std::vector<PexPeer> peers;
  for (uint32_t i = begin; i < end; ++i) peers.push_back({Numbered(i), 0});
  return peers;
}

std::optional<PexMessage> ParseText(const std::string& text) {
  return ParsePeerExchange(AsBytes(text));
}

TEST(PeerExchange, IsWrittenAsBep11Says) {
  PexMessage message;
  message.added = {{At("65.66.67.68:17734"), kPexSeeder},
                   {At("[2001:db8::1]:6881"), kPexReachable}};
  message.dropped = {At("97.98.99.100:25958")};
  static constexpr char kExpected[] =
      "d5:added6:ABCDEF7:added.f1:\x02"
      "6:added618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe1"
      "8:added6.f1:\x10"
      "7:dropped6:abcdefe";
  EXPECT_EQ(EncodePeerExchange(message).text(),
            absl::string_view(kExpected, sizeof(kExpected) - 1));
  EXPECT_EQ(EncodePeerExchange({}).text(), "de");
}

TEST(PeerExchange, ReadsWhatItWrote) {
  PexMessage message;
  message.added = {{At("1.2.3.4:5"), 0x13}, {At("5.6.7.8:9"), 0}, {At("[2001:db8::1]:80"), 1}};
  message.dropped = {At("9.9.9.9:9"), At("[2001:db8::2]:80")};
  const auto read = ParsePeerExchange(EncodePeerExchange(message).view());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->added, message.added);
  EXPECT_EQ(read->dropped, message.dropped);
}

TEST(PeerExchange, ReadsMessagesWithFewFlagsAndUnknownKeys) {
  const auto read = ParseText(
      "d5:added12:ABCDEFGHIJKL7:added.f1:\x02"
      "5:otheri5ee");
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->added.size(), 2u);
  EXPECT_EQ(read->added[0].flags, kPexSeeder);
  EXPECT_EQ(read->added[1].flags, 0);
}

TEST(PeerExchange, RefusesDamage) {
  for (const char* text : {"", "i0e", "le", "d5:added5:ABCDEe", "d6:added66:ABCDEFe",
                           "d7:dropped7:ABCDEFGe", "d5:added6:ABCDEFeX"}) {
    EXPECT_FALSE(ParseText(text).has_value()) << text;
  }
}

TEST(PeerExchange, LeavesOutAddressesThatNobodyCanUse) {
  PexMessage message;
  message.added = {{At("0.0.0.0:80"), 0},
                   {At("1.2.3.4:0"), 0},
                   {At("224.0.0.1:80"), 0},
                   {At("255.255.255.255:80"), 0},
                   {At("1.2.3.4:80"), 0}};
  const auto read = ParsePeerExchange(EncodePeerExchange(message).view());
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->added.size(), 1u);
  EXPECT_EQ(read->added[0].endpoint, At("1.2.3.4:80"));
}

TEST(PeerExchange, LeavesOutIPv4AddressesAmongThoseOfIPv6) {
  const std::string mapped = std::string(10, '\0') + "\xff\xff\x08\x08\x08\x08\x1a\xe1";
  const auto read = ParseText("d6:added618:" + mapped + "e");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->added.empty());
}

TEST(PeerExchange, TakesOnePortOfAPublicAddressAndEachOfAPrivateOne) {
  PexMessage message;
  message.added = {{At("8.8.8.8:1"), 0},   {At("8.8.8.8:2"), 0},   {At("127.0.0.1:1"), 0},
                   {At("127.0.0.1:2"), 0}, {At("127.0.0.1:1"), 0}, {At("10.0.0.1:1"), 0}};
  const auto read = ParsePeerExchange(EncodePeerExchange(message).view());
  std::vector<std::string> texts;
  for (const PexPeer& peer : read->added) texts.push_back(peer.endpoint.ToString());
  EXPECT_EQ(texts,
            (std::vector<std::string>{"8.8.8.8:1", "127.0.0.1:1", "127.0.0.1:2", "10.0.0.1:1"}));
}

TEST(PeerExchange, ReadsALimitedNumberOfPeers) {
  PexMessage message;
  message.added = Peers(1, 1000);
  for (uint32_t i = 1; i < 1000; ++i) message.dropped.push_back(Numbered(i));
  const auto read = ParsePeerExchange(EncodePeerExchange(message).view());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->added.size(), kPexReceivedMax);
  EXPECT_EQ(read->dropped.size(), kPexReceivedMax);
}

TEST(PeerExchange, SurvivesDamage) {
  PexMessage message;
  message.added = {{At("1.2.3.4:5"), 1}, {At("[2001:db8::1]:80"), 1}};
  message.dropped = {At("9.9.9.9:9"), At("[2001:db8::2]:80")};
  const std::string valid(EncodePeerExchange(message).text());
  const auto parse = [](ByteView bytes) {
    const auto read = ParsePeerExchange(bytes);
    if (!read.has_value()) return;
    for (const PexPeer& peer : read->added) EXPECT_TRUE(peer.endpoint.is_usable());
  };
  test::ForEachDamage(valid, parse);
  test::ForEachNoise(13, 3000, 200, valid, parse);
}

TEST(PexReceiver, IgnoresMessagesThatComeTooOften) {
  PexMessage message;
  message.added = Peers(1, 3);
  const Slice bytes = EncodePeerExchange(message);
  PexReceiver receiver;
  EXPECT_TRUE(receiver.OnMessage(kStart, bytes.view()).has_value());
  for (int second = 1; second < 45; ++second) {
    EXPECT_FALSE(receiver.OnMessage(kStart + seconds(second), bytes.view()).has_value());
  }
  EXPECT_EQ(receiver.ignored(), 44u);
  EXPECT_TRUE(receiver.OnMessage(kStart + seconds(45), bytes.view()).has_value());
}

TEST(PexReceiver, CountsDamagedMessages) {
  PexReceiver receiver;
  EXPECT_FALSE(receiver.OnMessage(kStart, AsBytes("d5:added5:ABCDEe")).has_value());
  EXPECT_EQ(receiver.damaged(), 1u);
}

}  // namespace
}  // namespace starling::peer
