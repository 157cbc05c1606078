#include "node/tracker_http.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "base/random.h"

namespace starling {
namespace {

Announce SomeAnnounce() {
  Announce announce;
  announce.info_hash = *InfoHash::FromHex("123456789abcdef123456789abcdef123456789a");
  announce.peer_id = PeerId::FromBytes(AsBytes("-SG0100-abcdefghijkl"));
  announce.left = 7;
  announce.event = AnnounceEvent::kStarted;
  announce.listen_port = 6881;
  announce.key = 0xbeef;
  return announce;
}

TEST(TrackerHttp, EncodesEveryByteOfAHash) {
  EXPECT_EQ(PercentEncode(SomeAnnounce().info_hash.view()),
            "%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const std::string text = PercentEncode(AsBytes(one));
    EXPECT_TRUE(text == one || (text.size() == 3 && FromHex(text.substr(1)) == one)) << byte;
  }
}

TEST(TrackerHttp, AppendsItsParametersToWhatTheUrlHas) {
  const std::string plain = AnnounceUrl("http://t/announce", SomeAnnounce(), "");
  EXPECT_TRUE(absl::StartsWith(plain, "http://t/announce?info_hash=%124Vx"));
  EXPECT_TRUE(absl::StrContains(plain, "&port=6881&uploaded=0&downloaded=0&left=7&compact=1"));
  EXPECT_TRUE(absl::StrContains(plain, "&key=0000beef&event=started"));
  EXPECT_TRUE(absl::StartsWith(AnnounceUrl("http://t/announce?pass=1", SomeAnnounce(), ""),
                               "http://t/announce?pass=1&info_hash="));
  EXPECT_TRUE(absl::EndsWith(AnnounceUrl("http://t/a", SomeAnnounce(), "x y"), "&trackerid=x%20y"));
}

TEST(TrackerHttp, FindsTheScrapeUrlAsBep48Says) {
  const InfoHash hash = SomeAnnounce().info_hash;
  EXPECT_TRUE(absl::StartsWith(*ScrapeUrl("http://t/x/announce", hash), "http://t/x/scrape?info"));
  EXPECT_TRUE(absl::StartsWith(*ScrapeUrl("http://t/announce.php?a=/b", hash),
                               "http://t/scrape.php?a=/b&info_hash="));
  EXPECT_FALSE(ScrapeUrl("http://t/a", hash).has_value());
  EXPECT_FALSE(ScrapeUrl("http://t/announce?x=/scrape/y", hash).value_or("").empty());
}

TEST(TrackerHttp, ReadsCompactPeersOfBothFamilies) {
  const std::string body =
      std::string("d8:completei5e11:external ip4:\x01\x02\x03\x04") +
      "10:incompletei6e8:intervali1800e12:min intervali900e5:peers12:" +
      std::string("\x01\x02\x03\x04\x1a\xe1\x05\x06\x07\x08\x1a\xe2", 12) +
      "6:peers618:" + std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe3", 18) + "e";
  const absl::StatusOr<AnnounceAnswer> answer = ParseAnnounceAnswer(AsBytes(body));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->seeders, 5u);
  EXPECT_EQ(answer->leechers, 6u);
  EXPECT_EQ(answer->interval, seconds(1800));
  EXPECT_EQ(answer->min_interval, seconds(900));
  EXPECT_EQ(answer->external_address->AddressToString(), "1.2.3.4");
  ASSERT_EQ(answer->peers.size(), 3u);
  EXPECT_EQ(answer->peers[1].ToString(), "5.6.7.8:6882");
  EXPECT_EQ(answer->peers[2].ToString(), "[2001:db8::1]:6883");
}

TEST(TrackerHttp, ReadsTheLongFormOfPeers) {
  const absl::StatusOr<AnnounceAnswer> answer = ParseAnnounceAnswer(AsBytes(
      "d8:intervali60e5:peersld2:ip7:1.2.3.44:porti80eed2:ip1:x4:porti80eed2:ip3:::14:porti9eeee"));
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->peers.size(), 2u);
  EXPECT_EQ(answer->peers[1].ToString(), "[::1]:9");
}

TEST(TrackerHttp, TellsFailureFromDamage) {
  const auto failed = ParseAnnounceAnswer(AsBytes("d14:failure reason7:go\x1b[31me"));
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(failed.status().message(), "go?[31m");
  EXPECT_EQ(ParseAnnounceAnswer(AsBytes("<html>")).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseAnnounceAnswer(AsBytes("i1e")).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TrackerHttp, TakesAtMostItsLimitOfPeersAndNoUnusableOnes) {
  std::string peers;
  for (int i = 0; i < 5000; ++i) peers += std::string("\x01\x02\x03\x04\x1a\xe1", 6);
  const std::string body = "d5:peers" + std::to_string(peers.size()) + ":" + peers + "e";
  EXPECT_EQ(ParseAnnounceAnswer(AsBytes(body))->peers.size(), kTrackerPeersMax);
  const std::string bad =
      std::string("d5:peers12:") + std::string("\0\0\0\0\x1a\xe1\x01\x02\x03\x04\0\0", 12) + "e";
  EXPECT_TRUE(ParseAnnounceAnswer(AsBytes(bad))->peers.empty());
}

TEST(TrackerHttp, ReadsAScrape) {
  const InfoHash hash = SomeAnnounce().info_hash;
  const std::string body = "d5:filesd20:" + std::string(AsText(hash.view())) +
                           "d8:completei1e10:downloadedi2e10:incompletei3eeee";
  const absl::StatusOr<ScrapeAnswer> answer = ParseScrapeAnswer(AsBytes(body), hash);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->seeders, 1u);
  EXPECT_EQ(answer->downloads, 2u);
  EXPECT_EQ(answer->leechers, 3u);
  EXPECT_FALSE(ParseScrapeAnswer(AsBytes("d5:filesdee"), hash).ok());
}

TEST(TrackerHttp, SurvivesDamagedAnswers) {
  const std::string body =
      std::string("d8:completei5e11:external ip4:abcd8:intervali1800e5:peers6:") +
      std::string("\x01\x02\x03\x04\x1a\xe1", 6) + "15:warning message2:hie";
  ASSERT_TRUE(ParseAnnounceAnswer(AsBytes(body)).ok());
  int readable = 0;
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(ParseAnnounceAnswer(AsBytes(body.substr(0, size))).ok());
  }
  for (size_t at = 0; at < body.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string damaged = body;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      if (ParseAnnounceAnswer(AsBytes(damaged)).ok()) ++readable;
      if (ParseScrapeAnswer(AsBytes(damaged), InfoHash{}).ok()) ++readable;
    }
  }
  EXPECT_GT(readable, 0);
}

}  // namespace
}  // namespace starling
