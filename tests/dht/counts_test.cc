// Scrapes (BEP 33) and samples of info-hashes (BEP 51) as a node answers them, and as it asks for
// them.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dht/infohash_sample.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

constexpr Duration kAnswerTime = milliseconds(100);

class CountsTest : public testing::Test {
 protected:
  template <class Query>
  const krpc::Reply& Ask(Stranger& stranger, const Query& query) {
    stranger.Say(node_.endpoint(), "qq", query);
    net_.Run(kAnswerTime);
    message_ = stranger.last_answer();
    return std::get<krpc::Reply>(message_.body);
  }
  // From an address of its own, as `number` says.
  void Announce(const InfoHash& hash, uint32_t number, bool is_seed, uint16_t port = 1) {
    Stranger peer(net_, Endpoint::V4(0x50000000 + number * 257, 1000), HashNode(number));
    const std::string token(AsText(Ask(peer, krpc::GetPeers{peer.id(), hash, {}}).token));
    Ask(peer, krpc::AnnouncePeer{peer.id(), hash, port, false, AsBytes(token), is_seed});
  }

  SmallNet net_;
  NetNode node_{net_, At("8.8.8.8:6881")};
  Stranger stranger_{net_, At("9.9.9.9:1000"), IdOf({9})};
  krpc::Message message_;
};

TEST_F(CountsTest, AScrapeIsAnsweredWithTheFiltersOfSeedsAndPeers) {
  for (uint32_t i = 0; i < 30; ++i) Announce(HashOf(1), i, i < 10);
  const krpc::Reply& reply = Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(1), {}, true});
  ASSERT_EQ(reply.seeds_filter.size(), 256u);
  ASSERT_EQ(reply.peers_filter.size(), 256u);
  EXPECT_NEAR(BloomFilter::FromBytes(reply.seeds_filter).Estimate(), 10, 1);
  EXPECT_NEAR(BloomFilter::FromBytes(reply.peers_filter).Estimate(), 20, 1);
  EXPECT_TRUE(reply.values.has_value());
}

TEST_F(CountsTest, NoFiltersUnlessAskedForNorOfAnUnknownSwarm) {
  Announce(HashOf(1), 1, true);
  EXPECT_TRUE(Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(1), {}}).seeds_filter.empty());
  EXPECT_TRUE(
      Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(2), {}, true}).seeds_filter.empty());
}

TEST_F(CountsTest, APeerThatBecameASeedIsCountedAsOne) {
  Announce(HashOf(1), 1, false);
  Announce(HashOf(1), 1, true);
  const krpc::Reply& reply = Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(1), {}, true});
  EXPECT_NEAR(BloomFilter::FromBytes(reply.seeds_filter).Estimate(), 1, 0.1);
  EXPECT_EQ(BloomFilter::FromBytes(reply.peers_filter).Estimate(), 0);
}

TEST_F(CountsTest, NoseedPrefersPeersThatAreNoSeeds) {
  for (uint32_t i = 0; i < 100; ++i) {
    Announce(HashOf(1), i, i % 4 != 0, static_cast<uint16_t>(i % 4 != 0 ? 7 : 9));
  }
  const krpc::Reply& reply =
      Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(1), {}, true, true});
  ASSERT_TRUE(reply.values.has_value());
  std::map<uint16_t, int> by_port;
  for (const bencode::Value& value : *reply.values) {
    ++by_port[ReadCompact(AsBytes(*value.string()))->port];
  }
  EXPECT_GE(by_port[9], 20);
  EXPECT_EQ(by_port[9], std::min(25, by_port[7] + by_port[9]));
}

TEST_F(CountsTest, AnswersStayBelowTheLimitWhateverIsAskedFor) {
  for (uint32_t i = 0; i < 300; ++i) Announce(HashOf(1), i, i % 2 == 0);
  for (uint32_t i = 0; i < 60; ++i) Announce(HashOf(100 + i), i, false);
  Ask(stranger_, krpc::GetPeers{stranger_.id(), HashOf(1), {true, true}, true});
  Ask(stranger_, krpc::SampleInfohashes{stranger_.id(), IdOf({1}), {true, true}});
  size_t largest = 0;
  for (const Datagram& datagram : stranger_.heard()) {
    largest = std::max(largest, datagram.bytes.size());
  }
  EXPECT_GE(largest, 800u);
  EXPECT_LE(largest, 1024u);
}

std::set<InfoHash> SamplesOf(const krpc::Reply& reply) {
  std::set<InfoHash> hashes;
  for (size_t i = 0; i < reply.samples->size(); i += InfoHash::kSize) {
    hashes.insert(InfoHash::FromBytes(reply.samples->subspan(i)));
  }
  return hashes;
}

TEST_F(CountsTest, AFewInfohashesAreAllNamed) {
  const krpc::SampleInfohashes query{stranger_.id(), IdOf({1}), {}};
  const krpc::Reply& none = Ask(stranger_, query);
  ASSERT_TRUE(none.samples.has_value()) << "said even when there are none";
  EXPECT_TRUE(none.samples->empty());
  std::set<InfoHash> stored;
  for (uint32_t i = 0; i < 12; ++i) {
    Announce(HashOf(i), i, false);
    stored.insert(HashOf(i));
  }
  const krpc::Reply& reply = Ask(stranger_, query);
  EXPECT_EQ(SamplesOf(reply), stored);
  EXPECT_EQ(reply.num, 12);
  EXPECT_EQ(reply.interval, InfohashSample::kIntervalS);
}

TEST_F(CountsTest, OfManyInfohashesTheSameOnesAreNamedForAnInterval) {
  for (uint32_t i = 0; i < 200; ++i) Announce(HashOf(i), i, false);
  const krpc::SampleInfohashes query{stranger_.id(), IdOf({1}), {}};
  const std::set<InfoHash> first = SamplesOf(Ask(stranger_, query));
  EXPECT_EQ(first.size(), InfohashSample::kSamplesMax);
  EXPECT_EQ(SamplesOf(Ask(stranger_, query)), first);
  net_.Run(minutes(11));
  EXPECT_NE(SamplesOf(Ask(stranger_, query)), first);
  EXPECT_EQ(std::get<krpc::Reply>(message_.body).num, 200);
}

TEST(InfohashSample, EachInfohashHasTheSameChance) {
  constexpr int kHashes = 120;
  constexpr int kRounds = 4000;
  std::map<InfoHash, int> seen;
  std::map<InfoHash, int> seen_first;
  SeededRandom random(3);
  InfohashSample sample;
  for (int round = 0; round < kRounds; ++round) {
    sample.Begin(0);
    for (int i = 0; i < kHashes; ++i) sample.Offer(HashOf(static_cast<uint64_t>(i)), random);
    sample.End(random);
    for (const InfoHash& hash : sample.samples()) ++seen[hash];
    ++seen_first[sample.samples().front()];
  }
  // 1,000 and 33 expected; five standard deviations are 137 and 29.
  EXPECT_EQ(seen.size(), static_cast<size_t>(kHashes));
  for (const auto& [hash, count] : seen) EXPECT_NEAR(count, 1000, 137);
  for (const auto& [hash, count] : seen_first) EXPECT_NEAR(count, 33, 29);
}

TEST(Scrape, CountsASwarmThatIsSpreadOverTheNetwork) {
  Network network(40);
  network.Join();
  SmallNet& net = network.net();
  net.Run(seconds(60));
  const InfoHash target = HashOf(77);
  for (uint32_t i = 1; i <= 30; ++i) {
    Collector announced;
    network.at(i)->Announce(net.now(), target, 6881, announced, i <= 12);
    ASSERT_TRUE(net.RunUntil(seconds(30), [&] { return announced.done(); }));
  }
  class CountCollector : public Collector {
   public:
    void OnDone(Time now, LookupId lookup, const LookupReport& report) override {
      ASSERT_NE(report.count, nullptr);
      count = *report.count;
      Collector::OnDone(now, lookup, report);
    }
    ScrapeCount count;
  } scrape;
  network.at(35)->Scrape(net.now(), target, scrape);
  ASSERT_TRUE(net.RunUntil(seconds(30), [&] { return scrape.done(); }));
  EXPECT_NEAR(scrape.count.seeds.Estimate(), 12, 1);
  EXPECT_NEAR(scrape.count.peers.Estimate(), 18, 1);
  EXPECT_GE(scrape.count.filters, 8);
  EXPECT_EQ(scrape.count.refused, 0);
}

krpc::Reply ReplyWith(const BloomFilter& seeds, const BloomFilter& peers) {
  krpc::Reply reply;
  reply.seeds_filter = seeds.view();
  reply.peers_filter = peers.view();
  return reply;
}

TEST(Scrape, AFullFilterDoesNotSpoilTheCount) {
  BloomFilter seeds;
  seeds.Add(Endpoint::V4(0x01020304, 1));
  const BloomFilter none;
  const BloomFilter full = BloomFilter::FromBytes(AsBytes(std::string(BloomFilter::kSize, '\xff')));
  Scrape scrape;
  scrape.OnReply(ReplyWith(seeds, none));
  scrape.OnReply(ReplyWith(full, none));
  scrape.OnReply(ReplyWith(none, full));
  const ScrapeCount count = scrape.Finish();
  EXPECT_EQ(count.filters, 1);
  EXPECT_EQ(count.refused, 2);
  EXPECT_NEAR(count.seeds.Estimate(), 1, 0.1);
}

TEST(Scrape, FiltersThatLackThePeersBesideThemDoNotCount) {
  BloomFilter seeds;
  seeds.Add(Endpoint::V4(0x01020304, 1));
  const BloomFilter none;
  const auto values = bencode::Parse(AsBytes("l6:\x05\x06\x07\x08\x01\x01"
                                             "e"),
                                     {});
  krpc::Reply reply = ReplyWith(seeds, none);
  reply.values = values->list();
  Scrape scrape;
  scrape.OnReply(reply);
  EXPECT_EQ(scrape.Finish().refused, 1);
  EXPECT_EQ(scrape.Finish().seeds.Estimate(), 0);
}

TEST(Scrape, PeersOfNodesWithoutFiltersCountUnlessTheyAreSeeds) {
  BloomFilter seeds;
  seeds.Add(Endpoint::V4(0x05060708, 1));
  const BloomFilter none;
  const auto values = bencode::Parse(AsBytes("l6:\x05\x06\x07\x08\x01\x01"
                                             "6:\x05\x06\x07\x09\x01\x01"
                                             "e"),
                                     {});
  krpc::Reply plain;
  plain.values = values->list();
  Scrape scrape;
  scrape.OnReply(plain);
  scrape.OnReply(ReplyWith(seeds, none));
  const ScrapeCount count = scrape.Finish();
  EXPECT_EQ(count.plain, 1);
  EXPECT_NEAR(count.peers.Estimate(), 1, 0.1);
  EXPECT_NEAR(count.seeds.Estimate(), 1, 0.1);
}

class AnswerCollector : public ProbeSink {
 public:
  void OnAnswer(Time, const NodeAnswer& answer) override { answers.push_back(answer); }
  std::vector<NodeAnswer> answers;
};

TEST(Probe, TellsWhatANodeHoldsAndWhomItKnows) {
  Network network(20);
  network.Join();
  SmallNet& net = network.net();
  net.Run(seconds(60));
  const InfoHash target = HashOf(5);
  Collector announced;
  network.at(1)->Announce(net.now(), target, 6881, announced);
  ASSERT_TRUE(net.RunUntil(seconds(30), [&] { return announced.done(); }));
  AnswerCollector found;
  const Endpoint closest = announced.closest().front().endpoint;
  network.at(2)->Probe(net.now(), closest, Question::kSampleInfohashes, HashNode(1), found);
  network.at(2)->Probe(net.now(), closest, Question::kFindNode, HashNode(1), found);
  EXPECT_TRUE(found.answers.empty()) << "no seam answers before the call returns";
  ASSERT_TRUE(net.RunUntil(seconds(5), [&] { return found.answers.size() == 2; }));
  const NodeAnswer& sample = found.answers[0];
  EXPECT_TRUE(sample.is_answered);
  EXPECT_EQ(sample.id, announced.closest().front().id);
  EXPECT_EQ(sample.round_trip, milliseconds(40));
  EXPECT_EQ(sample.version, krpc::kClientVersion);
  EXPECT_EQ(sample.seen_as, network.at(2).endpoint());
  ASSERT_TRUE(sample.samples.has_value());
  EXPECT_EQ(*sample.samples, std::vector<InfoHash>{target});
  EXPECT_EQ(sample.num, 1);
  EXPECT_EQ(sample.nodes.size(), 8u);
  EXPECT_FALSE(found.answers[1].samples.has_value());
  EXPECT_EQ(found.answers[1].nodes.size(), 8u);
}

TEST(Probe, SaysThatNobodyAnswered) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  AnswerCollector found;
  node->Probe(net.now(), At("9.9.9.9:1"), Question::kFindNode, HashNode(1), found);
  node->Probe(net.now(), Endpoint{}, Question::kFindNode, HashNode(1), found);
  net.Run(seconds(5));
  ASSERT_EQ(found.answers.size(), 2u);
  EXPECT_FALSE(found.answers[0].is_answered);
  EXPECT_FALSE(found.answers[1].is_answered);
}

TEST(Probe, KeepsLittleOfAnAnswerThatBoasts) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  Stranger stranger(net, At("9.9.9.9:1"), IdOf({9}));
  stranger.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    const std::string id(20, 'i');
    const std::string transaction(AsText(message.transaction_id));
    stranger.SayRaw(datagram.from,
                    "d1:rd2:id20:" + id + "8:intervali99999999e3:numi-5e7:samples40:" + id + id +
                        "e1:t4:" + transaction + "1:v60:" + std::string(60, 'v') + "1:y1:re");
  });
  AnswerCollector found;
  node->Probe(net.now(), stranger.endpoint(), Question::kSampleInfohashes, HashNode(1), found);
  net.Run(seconds(1));
  ASSERT_EQ(found.answers.size(), 1u);
  EXPECT_EQ(found.answers[0].interval_s, 21'600);
  EXPECT_EQ(found.answers[0].num, 2) << "it showed two";
  EXPECT_EQ(found.answers[0].version.size(), NodeAnswer::kVersionSizeMax);
}

}  // namespace
}  // namespace starling::dht
