#include "node/trackers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "node/tracker_udp.h"
#include "tests/node/fake_world.h"

namespace starling {
namespace {

constexpr char kOnePeer[] =
    "d8:intervali1800e12:min intervali60e5:peers6:\x01\x02\x03\x04\x1a\xe1"
    "e";

class TrackersTest : public testing::Test, public TrackersHandler {
 protected:
  void Make(std::vector<std::vector<std::string>> tiers, TrackerRule rule = TrackerRule::kAlways) {
    config.tiers = std::move(tiers);
    config.rule = rule;
    config.listen_port = 6881;
    trackers =
        std::make_unique<Trackers>(config, TrackersSeams{http, udp, random, deadlines, *this});
  }
  void Run(Duration length) { RunUntil(deadlines, now, now + length); }
  std::string Asked(size_t index) const {  // the part before our parameters
    return http.asked.at(index).substr(0, http.asked.at(index).find('?'));
  }
  bool AskedWith(absl::string_view text) const {
    return !http.asked.empty() && absl::StrContains(http.asked.back(), text);
  }

  AnnounceFacts Facts() const override { return facts; }
  void OnPeers(Time, std::span<const Endpoint> peers) override { found += peers.size(); }
  void OnTracker(Time, absl::string_view, absl::string_view message, uint32_t) override {
    messages.emplace_back(message);
  }
  void OnExternalAddress(Time, const Endpoint&) override {}

  Time now{seconds(1000)};
  Deadlines deadlines;
  SeededRandom random{1};
  FakeHttp http;
  FakePort port;
  FakeResolver resolver;
  UdpTrackers udp{port, resolver, random, deadlines};
  TrackersConfig config;
  AnnounceFacts facts{.left = 100};
  size_t found = 0;
  std::vector<std::string> messages;
  std::unique_ptr<Trackers> trackers;
};

TEST_F(TrackersTest, WaitForTheDhtAndStayQuietWhenItGaveEnough) {
  Make({{"http://a/announce"}}, TrackerRule::kFallback);
  trackers->Start(now);
  trackers->OnDhtPeers(now, kPeersWanted);
  Run(minutes(60));
  EXPECT_TRUE(http.asked.empty());
}

TEST_F(TrackersTest, AreAskedWhenTheDhtGaveTooFewInFiveSeconds) {
  Make({{"http://a/announce"}}, TrackerRule::kFallback);
  trackers->Start(now);
  trackers->OnDhtPeers(now, kPeersWanted - 1);
  Run(milliseconds(4999));
  EXPECT_TRUE(http.asked.empty());
  Run(milliseconds(1));
  EXPECT_EQ(http.asked.size(), 1u);
}

TEST_F(TrackersTest, AreAskedAtOnceWithoutDhtOrForAPrivateTorrent) {
  config.dht_runs = false;
  Make({{"http://a/announce"}}, TrackerRule::kFallback);
  trackers->Start(now);
  Run(Duration{});
  EXPECT_EQ(http.asked.size(), 1u);
  config.dht_runs = true;
  config.is_private = true;
  Make({{"http://b/announce"}}, TrackerRule::kNever);
  trackers->Start(now);
  Run(Duration{});
  EXPECT_EQ(http.asked.size(), 2u);
}

TEST_F(TrackersTest, AreNeverAskedWhenTheUserSaysSo) {
  Make({{"http://a/announce"}}, TrackerRule::kNever);
  trackers->Start(now);
  trackers->WantPeers(now);
  Run(minutes(60));
  EXPECT_TRUE(http.asked.empty());
}

TEST_F(TrackersTest, StartCompleteAndStopAreSaidOnce) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  Run(Duration{});
  EXPECT_TRUE(AskedWith("&event=started"));
  http.Answer(now, kOnePeer);
  EXPECT_EQ(found, 1u);
  trackers->OnComplete(now);
  Run(Duration{});
  EXPECT_TRUE(AskedWith("&event=completed"));
  http.Answer(now, kOnePeer);
  Run(seconds(1800));
  EXPECT_EQ(http.asked.size(), 3u);
  EXPECT_FALSE(AskedWith("&event="));
  http.Answer(now, kOnePeer);
  trackers->Stop(now);
  EXPECT_TRUE(AskedWith("&event=stopped"));
  EXPECT_TRUE(trackers->has_goodbyes());
  http.Answer(now, kOnePeer);
  EXPECT_FALSE(trackers->has_goodbyes());
  EXPECT_EQ(http.asked.size(), 4u);
}

TEST_F(TrackersTest, AGoodbyeThatNobodyAnswersEndsByItself) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Answer(now, kOnePeer);
  trackers->Stop(now);
  Run(seconds(5));
  EXPECT_FALSE(trackers->has_goodbyes());
}

TEST_F(TrackersTest, WhoNeverHeardOfUsGetsNoGoodbye) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Fail(now, "connection refused");
  trackers->Stop(now);
  EXPECT_EQ(http.asked.size(), 1u);
  EXPECT_EQ(messages, std::vector<std::string>{"connection refused"});
}

TEST_F(TrackersTest, ATierIsTriedInOrderAndTheNextOneAfterIt) {
  Make({{"http://a/announce", "http://b/announce"}, {"http://c/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Fail(now, "down");
  Run(Duration{});
  EXPECT_EQ(http.asked.size(), 2u);
  EXPECT_NE(Asked(0), Asked(1));
  http.Fail(now, "down");
  Run(Duration{});
  EXPECT_EQ(Asked(2), "http://c/announce");
  http.Answer(now, kOnePeer);
  Run(seconds(30));  // the first tier is tried again after its pause
  EXPECT_EQ(http.asked.size(), 4u);
}

TEST_F(TrackersTest, TheOneThatAnswersIsAskedFirstFromThenOn) {
  Make({{"http://a/announce", "http://b/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Fail(now, "down");
  Run(Duration{});
  const std::string good = Asked(1);
  http.Answer(now, kOnePeer);
  Run(seconds(1800));
  EXPECT_EQ(Asked(2), good);
}

TEST_F(TrackersTest, FailuresAreRetriedWithGrowingPauses) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  for (const int pause : {0, 30, 60, 120}) {
    const size_t before = http.asked.size();
    if (pause > 0) {
      Run(seconds(pause - 1));
      EXPECT_EQ(http.asked.size(), before);
      Run(seconds(1));
    } else {
      Run(Duration{});
    }
    ASSERT_EQ(http.asked.size(), before + 1);
    http.Fail(now, "down");
  }
}

TEST_F(TrackersTest, WantingPeersRespectsTheMinimumInterval) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Answer(now, kOnePeer);
  trackers->WantPeers(now);
  Run(seconds(59));
  EXPECT_EQ(http.asked.size(), 1u);
  Run(seconds(1));
  EXPECT_EQ(http.asked.size(), 2u);
}

TEST_F(TrackersTest, AnIntervalOfZeroDoesNotMakeUsFlood) {
  Make({{"http://a/announce"}});
  trackers->Start(now);
  Run(Duration{});
  http.Answer(now, "d8:intervali0e5:peers0:e");
  Run(seconds(59));
  EXPECT_EQ(http.asked.size(), 1u);
}

TEST_F(TrackersTest, MetadataMayBringTrackersAndPrivacy) {
  Make({}, TrackerRule::kNever);
  trackers->Start(now);
  trackers->Learn(now, {{"http://a/announce"}, {"wss://b/announce"}}, true);
  Run(Duration{});
  EXPECT_EQ(http.asked.size(), 1u);
}

// A UDP tracker as BEP 15 describes it: reads our packets, answers by hand.
class UdpTrackersTest : public testing::Test, public AnnounceHandler {
 protected:
  void OnAnnounced(Time, absl::StatusOr<AnnounceAnswer> answer) override {
    exchange = nullptr;  // allowed inside the call
    answers.push_back(std::move(answer));
  }
  void Send(absl::string_view url) { exchange = udp.Send(now, url, announce, *this); }
  std::string Number(uint32_t value) const {
    std::byte bytes[4];
    StoreBig<uint32_t>(bytes, value);
    return std::string(AsText(bytes));
  }
  std::string Transaction() const {
    return port.sent.back().second.substr(port.sent.back().second.size() == 16 ? 12 : 12, 4);
  }
  void Reply(const Endpoint& from, const std::string& packet) {
    udp.OnDatagram(now, from, AsBytes(packet));
  }
  void ReplyConnect() { Reply(tracker, Number(0) + Transaction() + "CONNECT!"); }

  Time now{seconds(1000)};
  Deadlines deadlines;
  SeededRandom random{1};
  FakePort port;
  FakeResolver resolver;
  UdpTrackers udp{port, resolver, random, deadlines};
  Announce announce;
  const Endpoint tracker = *Endpoint::Parse("127.0.0.1:80");
  std::vector<absl::StatusOr<AnnounceAnswer>> answers;
  std::unique_ptr<TrackerExchange> exchange;
};

TEST_F(UdpTrackersTest, ConnectsThenAnnounces) {
  resolver.known["tracker"] = {"127.0.0.1"};
  Send("udp://tracker:80/announce");
  EXPECT_TRUE(port.sent.empty());  // nothing answers before the call returns
  resolver.AnswerAll(now);
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].first, tracker);
  EXPECT_EQ(port.sent[0].second.substr(0, 12),
            std::string("\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0", 12));
  ReplyConnect();
  ASSERT_EQ(port.sent.size(), 2u);
  EXPECT_EQ(port.sent[1].second.size(), 98u);
  EXPECT_EQ(port.sent[1].second.substr(0, 12), std::string("CONNECT!\0\0\0\x01", 12));
  Reply(tracker, Number(1) + Transaction() + Number(900) + Number(2) + Number(3) +
                     "\x01\x02\x03\x04\x1a\xe1");
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_TRUE(answers[0].ok());
  EXPECT_EQ(answers[0]->interval, seconds(900));
  EXPECT_EQ(answers[0]->leechers, 2u);
  EXPECT_EQ(answers[0]->peers.at(0).ToString(), "1.2.3.4:6881");
}

TEST_F(UdpTrackersTest, SharesAConnectionIdForAMinute) {
  resolver.known["t"] = {"127.0.0.1"};
  Send("udp://t:80");
  resolver.AnswerAll(now);
  ReplyConnect();
  Send("udp://t:80");
  resolver.AnswerAll(now);
  EXPECT_EQ(port.sent.back().second.size(), 98u);
  now += seconds(61);
  Send("udp://t:80");
  resolver.AnswerAll(now);
  EXPECT_EQ(port.sent.back().second.size(), 16u);
}

TEST_F(UdpTrackersTest, RepeatsAndThenGivesUp) {
  resolver.known["t"] = {"127.0.0.1"};
  Send("udp://t:80");
  resolver.AnswerAll(now);
  RunUntil(deadlines, now, now + minutes(2));
  EXPECT_EQ(port.sent.size(), 4u);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status().message(), "it does not answer");
}

TEST_F(UdpTrackersTest, DropsWhatComesFromElsewhereOrFitsNothing) {
  resolver.known["t"] = {"127.0.0.1"};
  Send("udp://t:80");
  resolver.AnswerAll(now);
  const std::string reply = Number(0) + Transaction() + "CONNECT!";
  Reply(*Endpoint::Parse("127.0.0.2:80"), reply);
  Reply(tracker, Number(0) + Number(42) + "CONNECT!");
  for (size_t size = 0; size < reply.size(); ++size) Reply(tracker, reply.substr(0, size));
  EXPECT_EQ(port.sent.size(), 1u);
  Reply(tracker, reply);
  EXPECT_EQ(port.sent.size(), 2u);
}

TEST_F(UdpTrackersTest, AnErrorIsToldAndBadUrlsToo) {
  resolver.known["t"] = {"127.0.0.1"};
  Send("udp://t:80");
  resolver.AnswerAll(now);
  Reply(tracker, Number(3) + Transaction() + "not\nallowed");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status().message(), "it refused: not?allowed");
  for (const char* url : {"udp://t", "udp://t:0", "udp://:80", "udp://t:99999", "http://t:80"}) {
    answers.clear();
    Send(url);
    RunUntil(deadlines, now, now);
    ASSERT_EQ(answers.size(), 1u) << url;
    EXPECT_FALSE(answers[0].ok());
  }
}

TEST_F(UdpTrackersTest, AnIpv6TrackerAnswersWithIpv6Peers) {
  resolver.known["::1"] = {"::1"};
  Send("udp://[::1]:80/announce");
  resolver.AnswerAll(now);
  const Endpoint six = *Endpoint::Parse("[::1]:80");
  Reply(six, Number(0) + Transaction() + "CONNECT!");
  Reply(six, Number(1) + Transaction() + Number(900) + Number(0) + Number(1) +
                 std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe3", 18));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0]->peers.at(0).ToString(), "[2001:db8::1]:6883");
}

}  // namespace
}  // namespace starling
