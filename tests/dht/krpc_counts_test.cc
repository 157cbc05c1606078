// The packets with which nodes count (BEP 33, BEP 51), byte for byte, and damaged ones.

#include <gtest/gtest.h>

#include <string>

#include "dht/bloom_filter.h"
#include "dht/krpc_writer.h"
#include "dht/scrape.h"
#include "tests/support/damaged_bytes.h"

namespace starling::dht::krpc {
namespace {

const NodeId kAlice = NodeId::FromBytes(AsBytes("abcdefghij0123456789"));
const NodeId kBob = NodeId::FromBytes(AsBytes("mnopqrstuvwxyz123456"));
const InfoHash kHash = InfoHash::From(kBob);

template <class Body>
std::string Written(const Body& body, size_t room = 1024) {
  std::array<std::byte, 1472> space;
  Envelope envelope;
  envelope.transaction_id = AsBytes("aa");
  const size_t size = Write(std::span(space).first(room), envelope, body);
  return std::string(AsText(ByteView(space).first(size)));
}

std::string FullAnswer() {
  BloomFilter seeds;
  BloomFilter peers;
  const std::array<Endpoint, 1> values = {Endpoint::V4(0x01020304, 5)};
  seeds.Add(values[0]);
  const std::array<InfoHash, 2> hashes = {kHash, InfoHash{}};
  Answer answer;
  answer.id = kAlice;
  answer.token = AsBytes("tokentok");
  answer.values = values;
  answer.seeds_filter = seeds.view();
  answer.peers_filter = peers.view();
  answer.samples = Samples{hashes, 600, 1234};
  return Written(answer);
}

TEST(KrpcCounts, WritesAScrapeByteForByte) {
  EXPECT_EQ(Written(GetPeers{kAlice, kHash, {}, true, true}),
            "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234566:noseedi1e6:scrapei"
            "1ee1:q9:get_peers1:t2:aa1:y1:qe");
}

TEST(KrpcCounts, WritesTheAnnounceOfASeedByteForByte) {
  EXPECT_EQ(
      Written(AnnouncePeer{kAlice, kHash, 6881, false, AsBytes("aoeusnth"), true}),
      "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti6881e4:seedi1e"
      "5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe");
}

TEST(KrpcCounts, WritesSampleInfohashesByteForByte) {
  EXPECT_EQ(
      Written(SampleInfohashes{kAlice, kBob, {}}),
      "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q17:sample_infohashes"
      "1:t2:aa1:y1:qe");
  const std::array<InfoHash, 1> hashes = {kHash};
  Answer answer;
  answer.id = kAlice;
  answer.nodes.emplace();
  answer.samples = Samples{hashes, 600, 7};
  EXPECT_EQ(Written(answer),
            "d1:rd2:id20:abcdefghij01234567898:intervali600e5:nodes0:3:numi7e7:samples20:"
            "mnopqrstuvwxyz123456e1:t2:aa1:y1:re");
}

TEST(KrpcCounts, ReadsWhatItWrites) {
  const auto scrape = Parse(AsBytes(Written(GetPeers{kAlice, kHash, {}, true, true})));
  EXPECT_TRUE(std::get<GetPeers>(scrape->body).scrape);
  EXPECT_TRUE(std::get<GetPeers>(scrape->body).noseed);
  const auto plain = Parse(AsBytes(Written(GetPeers{kAlice, kHash, {}})));
  EXPECT_FALSE(std::get<GetPeers>(plain->body).scrape);
  const auto announce =
      Parse(AsBytes(Written(AnnouncePeer{kAlice, kHash, 1, false, AsBytes("t"), true})));
  EXPECT_TRUE(std::get<AnnouncePeer>(announce->body).seed);
  const auto sample = Parse(AsBytes(Written(SampleInfohashes{kAlice, kBob, {}})));
  EXPECT_EQ(std::get<SampleInfohashes>(sample->body).target, kBob);

  const std::string text = FullAnswer();
  const auto message = Parse(AsBytes(text));
  const auto& reply = std::get<Reply>(message->body);
  EXPECT_TRUE(BloomFilter::FromBytes(reply.seeds_filter).Contains(Endpoint::V4(0x01020304, 9)));
  EXPECT_EQ(BloomFilter::FromBytes(reply.peers_filter).Estimate(), 0);
  ASSERT_TRUE(reply.samples.has_value());
  EXPECT_EQ(reply.samples->size(), 40u);
  EXPECT_EQ(reply.interval, 600);
  EXPECT_EQ(reply.num, 1234);
}

TEST(KrpcCounts, FiltersAndSamplesOfTheWrongSizeAreAsGoodAsAbsent) {
  const std::string filter(255, 'x');
  const auto message = Parse(AsBytes("d1:rd4:BFpe255:" + filter +
                                     "4:BFsd0:2:id20:mnopqrstuvwxyz1234567:samples19:"
                                     "aaaaaaaaaaaaaaaaaaae1:t2:aa1:y1:re"));
  ASSERT_TRUE(message.has_value());
  const auto& reply = std::get<Reply>(message->body);
  EXPECT_TRUE(reply.peers_filter.empty());
  EXPECT_TRUE(reply.seeds_filter.empty());
  EXPECT_FALSE(reply.samples.has_value());
}

TEST(KrpcCounts, NoSamplesAndEmptySamplesAreDifferent) {
  const auto message = Parse(AsBytes("d1:rd2:id20:mnopqrstuvwxyz1234567:samples0:e1:t2:aa1:y1:re"));
  const auto& reply = std::get<Reply>(message->body);
  ASSERT_TRUE(reply.samples.has_value());
  EXPECT_TRUE(reply.samples->empty());
}

TEST(KrpcCounts, SurvivesDamage) {
  const auto parse = [](ByteView bytes) {
    const auto message = Parse(bytes);
    if (!message.has_value()) return;
    const auto* reply = std::get_if<Reply>(&message->body);
    if (reply == nullptr) return;
    Scrape scrape;
    scrape.OnReply(*reply);
    EXPECT_LE(scrape.Finish().filters, 1);
    EXPECT_TRUE(!reply->samples.has_value() || reply->samples->size() % InfoHash::kSize == 0);
  };
  for (const std::string& valid : {FullAnswer(), Written(SampleInfohashes{kAlice, kBob, {}}),
                                   Written(GetPeers{kAlice, kHash, {}, true, true})}) {
    test::ForEachDamage(valid, parse);
    test::ForEachNoise(1, 500, 1100, valid, parse);
  }
}

TEST(KrpcCounts, AnAnswerThatDoesNotFitIsNotWritten) {
  BloomFilter filter;
  Answer answer;
  answer.seeds_filter = answer.peers_filter = filter.view();
  EXPECT_EQ(Written(answer, 500), "");
  EXPECT_NE(Written(answer, 640), "");
}

}  // namespace
}  // namespace starling::dht::krpc
