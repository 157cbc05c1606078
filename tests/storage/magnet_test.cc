#include "storage/magnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "storage/percent.h"
#include "tests/support/damaged_bytes.h"

namespace starling::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr char kHash[] = "0123456789abcdef0123456789abcdef01234567";
const std::string kWithHash = absl::StrCat("magnet:?xt=urn:btih:", kHash);

std::string ErrorOf(const std::string& uri) {
  const auto magnet = ParseMagnet(uri);
  return magnet.ok() ? "none" : std::string(magnet.status().message());
}

TEST(Magnet, ReadsAllItsParts) {
  const auto magnet = ParseMagnet(kWithHash +
                                  "&dn=A%20name+b&tr=http%3A%2F%2Ft%2Fa%3Fk%3Dv%26x&tr=udp://u:80"
                                  "&ws=http://w/f&x.pe=1.2.3.4:5&so=0,2,4-6");
  ASSERT_TRUE(magnet.ok()) << magnet.status();
  EXPECT_EQ(magnet->info_hash().hex(), kHash);
  EXPECT_EQ(magnet->name, "A name b");
  EXPECT_THAT(magnet->trackers, ElementsAre("http://t/a?k=v&x", "udp://u:80"));
  EXPECT_THAT(magnet->web_seeds, ElementsAre("http://w/f"));
  EXPECT_THAT(magnet->peers, ElementsAre(Pair("1.2.3.4", 5)));
  EXPECT_THAT(magnet->select_only, ElementsAre(Pair(0, 0), Pair(2, 2), Pair(4, 6)));
}

TEST(Magnet, TakesABareHash) {
  EXPECT_EQ(ParseMagnet(kHash)->info_hash().hex(), kHash);
  EXPECT_EQ(ParseMagnet("  0123456789ABCDEF0123456789ABCDEF01234567\n")->info_hash().hex(), kHash);
}

TEST(Magnet, TakesHexAndBase32InEitherCase) {
  EXPECT_EQ(ParseMagnet("MAGNET:?xt=urn:BTIH:0123456789ABCDEF0123456789ABCDEF01234567")
                ->info_hash()
                .hex(),
            kHash);
  // RFC 4648: "foobar..." spelled by 20 bytes.
  EXPECT_EQ(ParseMagnet("magnet:?xt=urn:btih:MZXW6YTBOJTG633CMFZGM33PMJQXEZTP")->info_hash().hex(),
            ToHex(AsBytes("foobarfoobarfoobarfo")));
  EXPECT_EQ(ParseMagnet("magnet:?xt=urn:btih:mzxw6ytbojtg633cmfzgm33pmjqxeztp")->info_hash().hex(),
            ToHex(AsBytes("foobarfoobarfoobarfo")));
}

TEST(Magnet, TakesV2HashesAloneAndBesideV1) {
  const std::string v2(64, 'a');
  const auto alone = ParseMagnet("magnet:?xt=urn:btmh:1220" + v2);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_FALSE(alone->info_hash_v1.has_value());
  EXPECT_EQ(alone->info_hash().hex(), v2.substr(0, 40)) << "the first 20 bytes (BEP 52)";
  const auto both = ParseMagnet(kWithHash + "&xt=urn:btmh:1220" + v2 + "&xt=urn:ed2k:354B15");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->info_hash().hex(), kHash);
  EXPECT_EQ(both->info_hash_v2->hex(), v2);
}

TEST(Magnet, TakesNumberedKeysAndAmpersandsOfWebPages) {
  const auto magnet = ParseMagnet(absl::StrCat("magnet:?dn=x&amp;xt.1=urn:btih:", kHash,
                                               "&amp;tr.1=http://a&amp;tr.2=http://b"));
  ASSERT_TRUE(magnet.ok()) << magnet.status();
  EXPECT_THAT(magnet->trackers, ElementsAre("http://a", "http://b"));
}

TEST(Magnet, TakesPeersOfEachKindAndLeavesOutMalformedOnes) {
  const auto magnet = ParseMagnet(
      kWithHash +
      "&x.pe=[2001:db8::1]:6881&x.pe=%5B::1%5D:1&x.pe=host.example:9&x.pe=2001:db8::1:6881&x.pe=a:0"
      "&x.pe=a:65536&x.pe=:5&x.pe=a&x.pe=[x]:5&x.pe=a%20b:5&x.pe=[:::]:4");
  ASSERT_TRUE(magnet.ok()) << magnet.status();
  EXPECT_THAT(magnet->peers,
              ElementsAre(Pair("2001:db8::1", 6881), Pair("::1", 1), Pair("host.example", 9)));
}

TEST(Magnet, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf("magnet:?dn=x"), "magnet link has no info-hash: expected xt=urn:btih:...");
  EXPECT_EQ(ErrorOf("magnet:?"), "magnet link has no info-hash: expected xt=urn:btih:...");
  EXPECT_THAT(ErrorOf("http://x"), HasSubstr("neither a magnet link"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("neither a magnet link"));
  EXPECT_THAT(ErrorOf("magnet:?xt=urn:btih:123"), HasSubstr("malformed info-hash"));
  EXPECT_THAT(ErrorOf("magnet:?xt=urn:btih:" + std::string(40, 'g')),
              HasSubstr("malformed info-hash"));
  EXPECT_THAT(ErrorOf("magnet:?xt=urn:btih:" + std::string(32, '1')),
              HasSubstr("malformed info-hash"));
  EXPECT_THAT(ErrorOf("magnet:?xt=urn:btmh:1114" + std::string(64, 'a')),
              HasSubstr("malformed info-hash"));
  for (const char* selection : {"x", "1-", "-1", "5-3", "1-2-3", "99999999999"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat(kWithHash, "&so=", selection)), HasSubstr("so=")) << selection;
  }
}

TEST(Magnet, IsBounded) {
  EXPECT_THAT(ErrorOf(kWithHash + "&dn=" + std::string(kMagnetSizeMax, 'x')), HasSubstr("longer"));
  std::string many = kWithHash;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, "&tr=http://", i, "&x.pe=h:", i + 1);
  const auto magnet = ParseMagnet(many);
  ASSERT_TRUE(magnet.ok()) << magnet.status();
  EXPECT_EQ(magnet->trackers.size(), kTrackersMax);
  EXPECT_EQ(magnet->peers.size(), kMagnetPeersMax);
  std::string selection = kWithHash + "&so=0";
  for (int i = 0; i < 2000; ++i) selection += ",1";
  EXPECT_THAT(ErrorOf(selection), HasSubstr("too many ranges"));
}

TEST(Magnet, WritesWhatItRead) {
  const std::string full = absl::StrCat(
      kWithHash, "&xt=urn:btmh:1220", std::string(64, 'b'),
      "&dn=a%20%26%3D%25%2B&tr=http%3A%2F%2Ft&ws=http%3A%2F%2Fw&x.pe=[::1]:2&x.pe=h:3&so=1,3-5");
  const auto magnet = ParseMagnet(full);
  ASSERT_TRUE(magnet.ok()) << magnet.status();
  EXPECT_EQ(magnet->name, "a &=%+");
  EXPECT_EQ(FormatMagnet(*magnet), full);
}

TEST(Magnet, IsMadeOfAMetainfo) {
  Metainfo metainfo;
  metainfo.info_hash_v1 = InfoHash::FromHex(kHash);
  metainfo.name = "n";
  metainfo.trackers = {{"http://a", "http://b"}, {"http://a"}};
  EXPECT_EQ(FormatMagnet(MagnetOf(metainfo)),
            kWithHash + "&dn=n&tr=http%3A%2F%2Fa&tr=http%3A%2F%2Fb");
}

TEST(Magnet, SurvivesDamage) {
  const std::string valid = kWithHash +
                            "&dn=%41&tr=http%3A%2F%2Ft&x.pe=[::1]:2&so=1,3-5&xt=urn:btmh:1220" +
                            std::string(64, 'b');
  const auto parse = [](ByteView bytes) {
    const auto magnet = ParseMagnet(AsText(bytes));
    if (!magnet.ok()) return;
    EXPECT_TRUE(ParseMagnet(FormatMagnet(*magnet)).ok());
  };
  test::ForEachDamage(valid, parse);
  test::ForEachNoise(3, 2000, 200, valid, parse);
}

TEST(Percent, CleansUrls) {
  EXPECT_EQ(CleanUrl(" http://a/b c\n"), "http://a/b%20c");
  EXPECT_EQ(CleanUrl(" "), std::nullopt);
  EXPECT_EQ(CleanUrl("http://a\r\nX: y"), std::nullopt);
  EXPECT_EQ(CleanUrl(std::string(kUrlSizeMax + 1, 'a')), std::nullopt);
}

TEST(Percent, IsRightForEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(PercentDecode(PercentEncode(bytes)), bytes);
  EXPECT_EQ(PercentEncode(absl::string_view("a\0/~", 4)), "a%00%2F~");
  EXPECT_EQ(PercentDecode("%2f%2F+%zz%4"), "//+%zz%4");
  EXPECT_EQ(PercentDecode("%"), "%");
  EXPECT_EQ(PercentDecode("%41"), "A");
}

}  // namespace
}  // namespace starling::storage
