// Whom a crawl asks, and what it writes down.

#include "cli/crawl_walk.h"

#include <gtest/gtest.h>

#include <set>

namespace starling::cli {
namespace {

Endpoint At(absl::string_view text) { return *Endpoint::Parse(text); }
NodeId IdOf(char digit) { return *NodeId::FromHex(std::string(40, digit)); }

dht::NodeAnswer AnswerOf(const dht::Contact& asked) {
  dht::NodeAnswer answer;
  answer.node = asked.endpoint;
  answer.id = asked.id;
  answer.is_answered = true;
  answer.round_trip = milliseconds(12);
  answer.version = std::string("LT\x02\x08", 4);
  return answer;
}

TEST(CrawlWalk, AsksEveryEndpointOnceForItsOwnNeighbourhood) {
  CrawlWalk walk;
  walk.Hear(IdOf('1'), At("8.8.8.8:1"));
  walk.Hear(IdOf('2'), At("8.8.8.8:1"));
  std::set<uint16_t> asked;
  while (const std::optional<dht::Contact> next = walk.Next()) {
    EXPECT_TRUE(asked.insert(next->endpoint.port).second);
    EXPECT_EQ(next->id, IdOf('1'));
    dht::NodeAnswer answer = AnswerOf(*next);
    for (const uint16_t port : {1, 2, 3}) {
      answer.nodes.push_back({IdOf('1'), Endpoint::V4(0x08080808, port)});
    }
    walk.OnAnswer(answer);
  }
  EXPECT_EQ(asked, (std::set<uint16_t>{1, 2, 3}));
  EXPECT_EQ(walk.answered(), 3u);
}

TEST(CrawlWalk, WritesALineForEachNodeThatWasAsked) {
  CrawlWalk walk;
  walk.Hear(IdOf('1'), At("8.8.8.8:6881"));
  walk.Hear(IdOf('2'), At("[2001:db8::1]:7"));
  walk.Hear(IdOf('3'), At("10.0.0.1:9"));
  walk.OnAnswer(AnswerOf(*walk.Next()));
  dht::NodeAnswer silence;
  silence.node = walk.Next()->endpoint;
  walk.OnAnswer(silence);
  EXPECT_EQ(CrawlCsv(walk.nodes()),
            "id,address,port,family,version,rtt_ms,read_only,secure_id,answered\n" +
                IdOf('1').hex() + ",8.8.8.8,6881,4,LT-0208,12.00,0,0,1\n" + IdOf('2').hex() +
                ",2001:db8::1,7,6,,,0,0,0\n");
  EXPECT_EQ(walk.queued(), 1u);
}

TEST(CrawlWalk, VersionsOfStrangersAreSafeToWrite) {
  EXPECT_EQ(FormatClientVersion(absl::string_view("SG\x01\x00", 4)), "SG-0100");
  EXPECT_EQ(FormatClientVersion(",\n\""), "2c0a22");
  EXPECT_EQ(FormatClientVersion("U"), "55");
  EXPECT_EQ(FormatClientVersion(""), "");
}

}  // namespace
}  // namespace starling::cli
