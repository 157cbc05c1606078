#include "peer/peer_exchange.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/bencode.h"
#include "tests/support/damaged_bytes.h"

namespace starling::peer {
namespace {

constexpr Time kStart = Time(hours(1));
const Endpoint kReceiver = Endpoint::V4(0xc6336401, 6881);

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

// What the receiver learns from the sender's message at `now`, as "+endpoint" and "-endpoint".
std::vector<std::string> Told(PexSender& sender, Time now, std::vector<PexPeer> connected) {
  std::vector<std::string> told;
  const auto bytes = sender.Next(now, connected, kReceiver);
  if (!bytes.has_value()) return told;
  const auto message = ParsePeerExchange(bytes->view());
  for (const PexPeer& peer : message.value().added) told.push_back("+" + peer.endpoint.ToString());
  for (const Endpoint& peer : message->dropped) told.push_back("-" + peer.ToString());
  return told;
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

TEST(PexSender, TellsOnlyDifferencesAndAtMostOnceAMinute) {
  PexSender sender;
  EXPECT_EQ(Told(sender, kStart, Peers(1, 3)),
            (std::vector<std::string>{"+8.0.0.1:6881", "+8.0.0.2:6881"}));
  EXPECT_EQ(sender.next_time(), kStart + seconds(60));
  EXPECT_TRUE(Told(sender, kStart + seconds(59), Peers(1, 4)).empty());
  EXPECT_EQ(Told(sender, kStart + seconds(60), Peers(2, 4)),
            (std::vector<std::string>{"+8.0.0.3:6881", "-8.0.0.1:6881"}));
  EXPECT_TRUE(Told(sender, kStart + seconds(120), Peers(2, 4)).empty());
}

TEST(PexSender, LooksAgainSoonAfterThereWasNothingToTell) {
  PexSender sender;
  EXPECT_TRUE(Told(sender, kStart, {}).empty());
  EXPECT_GT(sender.next_time(), kStart);
  EXPECT_LE(sender.next_time(), kStart + seconds(10));
  EXPECT_EQ(Told(sender, sender.next_time(), Peers(1, 2)).size(), 1u);
}

TEST(PexSender, NeverMentionsWhoCameAndWentNorTheReceiver) {
  PexSender sender;
  Told(sender, kStart, Peers(1, 2));
  std::vector<PexPeer> connected = Peers(1, 2);
  connected.push_back({kReceiver, 0});
  connected.push_back({Numbered(1), 0});  // connected twice
  EXPECT_TRUE(Told(sender, kStart + seconds(60), connected).empty());
}

TEST(PexSender, SpreadsManyPeersOverSeveralMessages) {
  PexSender sender;
  std::set<std::string> told;
  for (int minute = 0; minute < 3; ++minute) {
    const auto news = Told(sender, kStart + minutes(minute), Peers(1, 121));
    EXPECT_LE(news.size(), kPexSentMax);
    told.insert(news.begin(), news.end());
  }
  EXPECT_EQ(told.size(), 120u);
  size_t dropped = 0;
  for (int minute = 3; minute < 6; ++minute) {
    const auto news = Told(sender, kStart + minutes(minute), {});
    EXPECT_LE(news.size(), kPexSentMax);
    dropped += news.size();
  }
  EXPECT_EQ(dropped, 120u);
}

TEST(PexSender, KeepsBothKindsOfAddressesTogetherWithinFifty) {
  std::vector<PexPeer> connected = Peers(1, 41);
  for (uint16_t i = 1; i <= 40; ++i) {
    Endpoint endpoint = At("[2001:db8::1]:80");
    endpoint.port = i;
    connected.push_back({endpoint, 0});
  }
  PexSender sender;
  const auto bytes = sender.Next(kStart, connected, kReceiver);
  const auto dict = bencode::Parse(bytes.value().view());
  EXPECT_EQ(dict->FindString("added")->size(), 40 * kCompactV4Size);
  EXPECT_EQ(dict->FindString("added6")->size(), 10 * kCompactV6Size);
}

TEST(PexSender, RemembersALimitedNumberOfPeers) {
  PexSender sender;
  size_t told = 0;
  for (int minute = 0; minute < 30; ++minute) {
    told += Told(sender, kStart + minutes(minute), Peers(1, 2000)).size();
  }
  EXPECT_EQ(told, PexSender::kToldMax);
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
