#include "peer/extension.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/metainfo.h"
#include "tests/support/damaged_bytes.h"

namespace starling::peer {
namespace {

std::optional<ExtensionHandshake> ParseText(const std::string& text) {
  return ParseExtensionHandshake(AsBytes(text));
}

ExtensionHandshake Full() {
  ExtensionHandshake handshake;
  handshake.metadata_id = kMetadataExtensionId;
  handshake.peer_exchange_id = kPeerExchangeExtensionId;
  handshake.metadata_size = 31235;
  handshake.port = 6881;
  handshake.request_queue = kRequestQueueMax;
  handshake.version = "starling 1.0";
  handshake.your_ip = Endpoint::Parse("1.2.3.4:0");
  handshake.ipv4 = Endpoint::V4(0x7f000001, 0);
  handshake.ipv6 = Endpoint::ParseAddress("2001:db8::1", 0);
  handshake.your_ip = Endpoint::V4(0x01020304, 0);
  handshake.upload_only = true;
  return handshake;
}

TEST(ExtensionHandshake, ReadsTheExampleOfBep10) {
  const auto handshake =
      ParseText("d1:md11:LT_metadatai1e6:\xb5T_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e");
  ASSERT_TRUE(handshake.has_value());
  EXPECT_EQ(handshake->port, 6881);
  EXPECT_EQ(handshake->version, "\xc2\xb5Torrent 1.2");
  EXPECT_FALSE(handshake->metadata_id.has_value());
}

TEST(ExtensionHandshake, ReadsTheExampleOfBep9) {
  const auto handshake = ParseText("d1:md11:ut_metadatai3ee13:metadata_sizei31235ee");
  ASSERT_TRUE(handshake.has_value());
  EXPECT_EQ(handshake->metadata_id, 3);
  EXPECT_EQ(handshake->metadata_size, 31235u);
}

TEST(ExtensionHandshake, IsWrittenCanonically) {
  ExtensionHandshake handshake;
  handshake.metadata_id = 1;
  handshake.peer_exchange_id = 2;
  handshake.port = 6881;
  handshake.request_queue = 250;
  handshake.version = "x";
  handshake.your_ip = Endpoint::V4(0x41424344, 0);
  EXPECT_EQ(EncodeExtensionHandshake(handshake).text(),
            "d1:md11:ut_metadatai1e6:ut_pexi2ee1:pi6881e4:reqqi250e1:v1:x6:yourip4:ABCDe");
  EXPECT_EQ(EncodeExtensionHandshake({}).text(), "d1:mdee");
}

TEST(ExtensionHandshake, ReadsWhatItWrote) {
  EXPECT_EQ(ParseExtensionHandshake(EncodeExtensionHandshake(Full()).view()), Full());
  ExtensionHandshake six = Full();
  six.your_ip = Endpoint::ParseAddress("2001:db8::2", 0);
  EXPECT_EQ(ParseExtensionHandshake(EncodeExtensionHandshake(six).view()), six);
  EXPECT_EQ(ParseExtensionHandshake(EncodeExtensionHandshake({}).view()), ExtensionHandshake());
}

TEST(ExtensionHandshake, FitsAtItsLongest) {
  ExtensionHandshake longest = Full();
  longest.metadata_id = 255;
  longest.peer_exchange_id = 255;
  longest.metadata_size = storage::kInfoSizeMax;
  longest.port = 65535;
  longest.request_queue = ~0u;
  longest.version = std::string(1000, 'v');
  longest.your_ip = longest.ipv4 = longest.ipv6 = Endpoint::ParseAddress("2001:db8::1", 0);
  const auto read = ParseExtensionHandshake(EncodeExtensionHandshake(longest).view());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->version, std::string(kVersionSizeMax, 'v'));
  EXPECT_EQ(read->request_queue, kRequestQueueCeiling);
}

TEST(ExtensionHandshake, TellsOffFromUnsaid) {
  EXPECT_EQ(ParseText("d1:md6:ut_pexi0eee")->peer_exchange_id, 0);
  EXPECT_EQ(ParseText("d1:mdee")->peer_exchange_id, std::nullopt);
  EXPECT_EQ(ParseText("de")->peer_exchange_id, std::nullopt);
}

TEST(ExtensionHandshake, CountsNonsenseAsUnsaid) {
  const auto handshake = ParseText(
      "d4:ipv43:abc1:md11:ut_metadatai256e6:ut_pexi-1ee13:metadata_sizei0e1:pi70000e"
      "4:reqqi0e1:vi5e6:yourip5:abcdee");
  ASSERT_TRUE(handshake.has_value());
  EXPECT_EQ(*handshake, ExtensionHandshake());
  EXPECT_EQ(*ParseText("d1:mi1e13:metadata_size3:abc1:p0:4:reqqi-5e6:youriplee"),
            ExtensionHandshake());
}

TEST(ExtensionHandshake, LimitsTheSizesThatStrangersName) {
  EXPECT_EQ(ParseText("d13:metadata_sizei33554432ee")->metadata_size, 33554432u);
  EXPECT_EQ(ParseText("d13:metadata_sizei33554433ee")->metadata_size, std::nullopt);
  EXPECT_EQ(ParseText("d4:reqqi9223372036854775807ee")->request_queue, kRequestQueueCeiling);
}

TEST(ExtensionHandshake, IgnoresWhatItDoesNotKnow) {
  const auto handshake = ParseText(
      "d1:ei0e12:complete_agoi5e1:md11:ut_metadatai2e12:ut_holepunchi4ee5:otherli1ed1:xleee"
      "1:pi80e11:upload_onlyi1ee");
  ASSERT_TRUE(handshake.has_value());
  EXPECT_EQ(handshake->metadata_id, 2);
  EXPECT_EQ(handshake->port, 80);
  EXPECT_TRUE(handshake->upload_only);
}

TEST(ExtensionHandshake, ToleratesBytesAfterTheDictionary) {
  EXPECT_TRUE(ParseText("d1:pi80eetrailing").has_value());
}

TEST(ExtensionHandshake, RefusesWhatIsNoDictionaryOrTooLarge) {
  EXPECT_FALSE(ParseText("").has_value());
  EXPECT_FALSE(ParseText("i5e").has_value());
  EXPECT_FALSE(ParseText("le").has_value());
  EXPECT_FALSE(ParseText("d1:pi80e").has_value());
  EXPECT_FALSE(ParseText(std::string(100, 'l') + std::string(100, 'e')).has_value());
  const std::string text(kExtensionHandshakeSizeMax, 'x');
  EXPECT_FALSE(ParseText("d1:x" + std::to_string(text.size()) + ":" + text + "e").has_value());
}

TEST(ExtensionHandshake, SurvivesDamage) {
  const std::string valid(EncodeExtensionHandshake(Full()).text());
  const auto parse = [](ByteView bytes) {
    const auto handshake = ParseExtensionHandshake(bytes);
    if (!handshake.has_value()) return;
    EXPECT_LE(handshake->version.size(), kVersionSizeMax);
    EXPECT_EQ(ParseExtensionHandshake(EncodeExtensionHandshake(*handshake).view()), handshake);
  };
  test::ForEachDamage(valid, parse);
  test::ForEachNoise(5, 3000, 200, valid, parse);
}

TEST(PrintableText, KeepsTextAndReplacesWhatCouldDriveATerminal) {
  EXPECT_EQ(PrintableText("qBittorrent/4.5.2", 64), "qBittorrent/4.5.2");
  EXPECT_EQ(PrintableText("\xc2\xb5Torrent \xe2\x82\xac \xf0\x9f\x90\xa6", 64),
            "\xc2\xb5Torrent \xe2\x82\xac \xf0\x9f\x90\xa6");
  EXPECT_EQ(PrintableText(absl::string_view("a\0\x1b[2J\x7f\n", 8), 64), "a??[2J??");
  EXPECT_EQ(PrintableText("\xc2\x9b", 64), "??");                 // a C1 control
  EXPECT_EQ(PrintableText("\xc0\xaf\xe0\x80\xaf", 64), "?????");  // overlong forms
  EXPECT_EQ(PrintableText("\xed\xa0\x80", 64), "???");            // a surrogate
  EXPECT_EQ(PrintableText("\xf4\x90\x80\x80", 64), "????");       // beyond Unicode
  EXPECT_EQ(PrintableText("\xe2\x82", 64), "??");                 // cut off
}

TEST(PrintableText, NeverCutsACharacterInTwo) {
  EXPECT_EQ(PrintableText("ab\xe2\x82\xac", 4), "ab");
  EXPECT_EQ(PrintableText("ab\xe2\x82\xac", 5), "ab\xe2\x82\xac");
  EXPECT_EQ(PrintableText("abc", 0), "");
}

}  // namespace
}  // namespace starling::peer
