// A scrape of several trackers, answered by hand.
#include "node/tracker_scrape.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "tests/node/fake_world.h"

namespace starling {
namespace {

class ScrapeTest : public ::testing::Test {
 protected:
  void Ask(std::vector<std::string> trackers) {
    const ScrapeSeams seams{port, resolver, http, random, deadlines};
    scrape.emplace(now, ScrapeQuestion{hash, std::move(trackers), seconds(15)}, seams);
  }
  static std::string Number(uint32_t value) {
    std::array<std::byte, 4> bytes;
    StoreBig<uint32_t>(bytes.data(), value);
    return std::string(AsText(bytes));
  }
  // The datagram that was sent last to `tracker`.
  std::string LastTo(const Endpoint& tracker) const {
    std::string last;
    for (const auto& sent : port.sent) {
      if (sent.first == tracker) last = sent.second;
    }
    return last;
  }
  // Answers the connect and then the scrape of a UDP tracker.
  void AnswerUdp(const Endpoint& tracker, const std::string& counts) {
    Reply(tracker, Number(0) + LastTo(tracker).substr(12, 4) + "CONNECT!");
    Reply(tracker, Number(2) + LastTo(tracker).substr(12, 4) + counts);
  }
  void Reply(const Endpoint& from, const std::string& packet) {
    scrape->OnDatagram(now, from, AsBytes(packet));
  }
  std::string HttpBody() const {
    return "d5:filesd20:" + std::string(AsText(hash.view())) +
           "d8:completei5e10:downloadedi50e10:incompletei10eeee";
  }
  absl::StatusOr<ScrapeAnswer> AnswerOf(size_t tracker) const {
    return scrape->trackers()[tracker].answer;
  }
  std::string WhyNot(size_t tracker) const {
    return std::string(AnswerOf(tracker).status().message());
  }

  Time now{seconds(1000)};
  Deadlines deadlines;
  SeededRandom random{1};
  FakePort port;
  FakeResolver resolver;
  FakeHttp http;
  const InfoHash hash = *InfoHash::FromHex("123456789abcdef123456789abcdef123456789a");
  const Endpoint tracker = *Endpoint::Parse("127.0.0.1:80");
  std::optional<Scrape> scrape;
};

TEST_F(ScrapeTest, AsksAllTrackersAtOnceAndKeepsTheirOrder) {
  resolver.known["a"] = {"127.0.0.1"};
  resolver.known["b"] = {"127.0.0.2"};
  Ask({"udp://a:80/announce", "http://t/x/announce?key=1", "udp://b:80"});
  ASSERT_EQ(http.asked.size(), 1u);
  EXPECT_TRUE(absl::StartsWith(http.asked[0], "http://t/x/scrape?key=1&info_hash=%124Vx"));
  resolver.AnswerAll(now);
  ASSERT_EQ(port.sent.size(), 2u);
  EXPECT_FALSE(scrape->is_done());

  const Endpoint other = *Endpoint::Parse("127.0.0.2:80");
  AnswerUdp(other, Number(4) + Number(5) + Number(6));
  const std::string question = LastTo(other);
  EXPECT_EQ(question.substr(0, 12), std::string("CONNECT!\0\0\0\x02", 12));
  EXPECT_EQ(question.substr(16), AsText(hash.view()));
  http.Answer(now, HttpBody());
  EXPECT_FALSE(scrape->is_done());
  AnswerUdp(tracker, Number(1) + Number(2) + Number(3));
  EXPECT_TRUE(scrape->is_done());

  EXPECT_EQ(*AnswerOf(0), (ScrapeAnswer{.seeders = 1, .leechers = 3, .downloads = 2}));
  EXPECT_EQ(*AnswerOf(1), (ScrapeAnswer{.seeders = 5, .leechers = 10, .downloads = 50}));
  EXPECT_EQ(*AnswerOf(2), (ScrapeAnswer{.seeders = 4, .leechers = 6, .downloads = 5}));
  EXPECT_EQ(deadlines.earliest(), kNever);
}

TEST_F(ScrapeTest, SaysOfEachWhyItDidNotAnswer) {
  resolver.known["refuses"] = {"127.0.0.1"};
  Ask({"udp://refuses:80", "udp://nowhere:80", "http://t/announce", "http://u/announce",
       "http://v/announce", "http://w/announce"});
  resolver.AnswerAll(now);
  Reply(tracker, Number(3) + LastTo(tracker).substr(12, 4) + "too\nbusy");
  http.Fail(now, "cannot be reached");
  http.Answer(now, "<html>", 404);
  http.Answer(now, "d14:failure reason6:closede");
  http.Answer(now, "d5:filesdee");
  EXPECT_TRUE(scrape->is_done());
  EXPECT_EQ(WhyNot(0), "it refused: too?busy");
  EXPECT_EQ(WhyNot(1), "its name cannot be resolved");
  EXPECT_EQ(WhyNot(2), "cannot be reached");
  EXPECT_EQ(WhyNot(3), "it answered with HTTP status 404");
  EXPECT_EQ(WhyNot(4), "closed");
  EXPECT_EQ(WhyNot(5), "it does not know this torrent");
}

TEST_F(ScrapeTest, WaitsForNobodyBeyondItsLimit) {
  resolver.known["mute"] = {"127.0.0.1"};
  Ask({"udp://mute:80", "http://t/announce", "http://u/announce"});
  resolver.AnswerAll(now);
  http.Answer(now, HttpBody());
  RunUntil(deadlines, now, now + seconds(14));
  EXPECT_FALSE(scrape->is_done());
  RunUntil(deadlines, now, now + seconds(1));
  EXPECT_TRUE(scrape->is_done());
  EXPECT_EQ(WhyNot(0), "it did not answer within 15 s");
  EXPECT_TRUE(AnswerOf(1).ok());
  EXPECT_EQ(WhyNot(2), "it did not answer within 15 s");
  EXPECT_TRUE(http.open.empty());
  EXPECT_EQ(deadlines.earliest(), kNever);
  // What comes late is nobody's.
  AnswerUdp(tracker, Number(1) + Number(2) + Number(3));
  EXPECT_FALSE(AnswerOf(0).ok());
}

TEST_F(ScrapeTest, AsksNobodyWhereThereIsNoWay) {
  Ask({"wss://t/announce", "http://t/a", ""});
  EXPECT_TRUE(scrape->is_done());
  EXPECT_TRUE(http.asked.empty());
  EXPECT_EQ(WhyNot(0), "it speaks neither HTTP nor UDP");
  EXPECT_EQ(WhyNot(1), "its URL does not say how to ask (BEP 48)");
  EXPECT_FALSE(AnswerOf(2).ok());
  Ask({});
  EXPECT_TRUE(scrape->is_done());
}

TEST_F(ScrapeTest, AsksEachTrackerOnceAndNotTooMany) {
  std::vector<std::string> many = {"http://t/announce", "http://t/announce"};
  for (size_t i = 0; i < 2 * Scrape::kTrackersMax; ++i) {
    many.push_back("http://" + std::to_string(i) + "/announce");
  }
  Ask(many);
  EXPECT_EQ(http.asked.size(), Scrape::kTrackersMax);
  EXPECT_EQ(scrape->trackers().size(), Scrape::kTrackersMax);
  // In the middle of it all: nothing is called afterwards.
  scrape.reset();
  EXPECT_TRUE(http.open.empty());
  EXPECT_EQ(deadlines.earliest(), kNever);
}

TEST_F(ScrapeTest, AnAnswerThatIsTooShortIsNone) {
  resolver.known["a"] = {"127.0.0.1"};
  Ask({"udp://a:80"});
  resolver.AnswerAll(now);
  Reply(tracker, Number(0) + LastTo(tracker).substr(12, 4) + "CONNECT!");
  const std::string head = Number(2) + LastTo(tracker).substr(12, 4);
  const std::string whole = head + Number(1) + Number(2) + Number(3);
  for (size_t size = 0; size < whole.size(); ++size) Reply(tracker, whole.substr(0, size));
  // Nor is one to another question.
  Reply(tracker, Number(1) + whole.substr(4));
  EXPECT_FALSE(scrape->is_done());
  Reply(tracker, whole);
  EXPECT_TRUE(scrape->is_done());
}

}  // namespace
}  // namespace starling
