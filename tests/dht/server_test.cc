// What a node answers, seen from a stranger's side of the wire.

#include "dht/server.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

class ServerTest : public testing::Test {
 protected:
  const krpc::Reply* LastReply(Stranger& stranger) {
    message_ = stranger.last_answer();
    return std::get_if<krpc::Reply>(&message_.body);
  }
  int64_t LastErrorCode(Stranger& stranger) {
    message_ = stranger.last_answer();
    const auto* error = std::get_if<krpc::Error>(&message_.body);
    return error == nullptr ? 0 : error->code;
  }
  std::string Token(Stranger& stranger, const InfoHash& hash) {
    stranger.Say(node_.endpoint(), "gp", krpc::GetPeers{stranger.id(), hash, {}});
    net_.Run(milliseconds(100));
    const krpc::Reply* reply = LastReply(stranger);
    return reply == nullptr ? std::string() : std::string(AsText(reply->token));
  }
  void Announce(Stranger& stranger, const InfoHash& hash, uint16_t port, absl::string_view token,
                bool implied = false) {
    stranger.Say(node_.endpoint(), "an",
                 krpc::AnnouncePeer{stranger.id(), hash, port, implied, AsBytes(token)});
    net_.Run(milliseconds(100));
  }
  std::vector<Endpoint> Values(const krpc::Reply& reply) {
    std::vector<Endpoint> peers;
    if (!reply.values.has_value()) return peers;
    for (const bencode::Value& value : *reply.values) {
      peers.push_back(*ReadCompact(AsBytes(*value.string())));
    }
    return peers;
  }

  SmallNet net_;
  NetNode node_{net_, At("8.8.8.8:6881")};
  Stranger stranger_{net_, At("9.9.9.9:1000"), IdOf({9})};
  krpc::Message message_;
};

TEST_F(ServerTest, AnswersAPingWithItsIdAndTheAddressItSees) {
  stranger_.Say(node_.endpoint(), "xyz", krpc::Ping{stranger_.id()});
  net_.Run(milliseconds(30));
  net_.Run(milliseconds(30));
  ASSERT_FALSE(stranger_.heard().empty());
  const krpc::Message answer = *krpc::Parse(AsBytes(stranger_.heard()[0].bytes));
  EXPECT_EQ(AsText(answer.transaction_id), "xyz");
  EXPECT_EQ(std::get<krpc::Reply>(answer.body).id, node_->id());
  EXPECT_EQ(answer.seen_as, stranger_.endpoint());
  EXPECT_EQ(answer.version, krpc::kClientVersion);
}

TEST_F(ServerTest, HandsOutOnlyNodesThatAnswered) {
  stranger_.AnswerPlainly();
  Stranger silent(net_, At("9.9.9.10:1000"), IdOf({0x77}));
  silent.Say(node_.endpoint(), "a", krpc::Ping{silent.id()});
  stranger_.Say(node_.endpoint(), "b", krpc::Ping{stranger_.id()});
  net_.Run(seconds(3));
  Stranger asker(net_, At("9.9.9.11:1000"), IdOf({0x10}));
  asker.Say(node_.endpoint(), "c", krpc::FindNode{asker.id(), IdOf({0x77}), {}});
  net_.Run(milliseconds(100));
  const krpc::Message first = *krpc::Parse(AsBytes(asker.heard()[0].bytes));
  const auto& reply = std::get<krpc::Reply>(first.body);
  ASSERT_EQ(krpc::CountNodes(reply.nodes, krpc::kNodeV4Size), 1u);
  EXPECT_EQ(krpc::NodeAt(reply.nodes, krpc::kNodeV4Size, 0).id, stranger_.id());
}

TEST_F(ServerTest, StoresWhatIsAnnouncedWithItsToken) {
  const std::string token = Token(stranger_, HashOf(1));
  EXPECT_FALSE(token.empty());
  Announce(stranger_, HashOf(1), 7000, token);
  EXPECT_NE(LastReply(stranger_), nullptr);
  Stranger asker(net_, At("9.9.9.11:1000"), IdOf({0x10}));
  Token(asker, HashOf(1));
  EXPECT_EQ(Values(*LastReply(asker)), std::vector<Endpoint>{At("9.9.9.9:7000")});
  EXPECT_EQ(node_->stats().stored_peers, 1u);
}

TEST_F(ServerTest, AnImpliedPortIsTheOneTheQueryCameFrom) {
  Announce(stranger_, HashOf(1), 7000, Token(stranger_, HashOf(1)), true);
  Token(stranger_, HashOf(1));
  EXPECT_EQ(Values(*LastReply(stranger_)), std::vector<Endpoint>{At("9.9.9.9:1000")});
}

TEST_F(ServerTest, RefusesAStolenOrInventedToken) {
  const std::string token = Token(stranger_, HashOf(1));
  Stranger thief(net_, At("9.9.9.11:1000"), IdOf({0x10}));
  Announce(thief, HashOf(1), 7000, token);
  EXPECT_EQ(LastErrorCode(thief), 203);
  Announce(stranger_, HashOf(1), 7000, "invented");
  EXPECT_EQ(LastErrorCode(stranger_), 203);
  net_.Run(minutes(11));
  Announce(stranger_, HashOf(1), 7000, token);
  EXPECT_EQ(LastErrorCode(stranger_), 203) << "too old";
  EXPECT_EQ(node_->stats().stored_peers, 0u);
}

TEST_F(ServerTest, AnswersWhatItCannotServeWithAnError) {
  stranger_.SayRaw(node_.endpoint(), "d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe");
  net_.Run(milliseconds(100));
  EXPECT_EQ(LastErrorCode(stranger_), 204);
  stranger_.SayRaw(node_.endpoint(), "d1:q4:ping1:t2:aa1:y1:qe");
  net_.Run(milliseconds(100));
  EXPECT_EQ(LastErrorCode(stranger_), 203);
}

TEST_F(ServerTest, NoAnswerIsLongerThanTheLimitAndLongOnesAreRandomSamples) {
  const InfoHash hash = HashOf(1);
  for (uint32_t i = 0; i < 450; ++i) {
    Stranger peer(net_, Endpoint::V4(0x0a800000 + (i << 16) + 0x30000000, 6881), IdOf({1}));
    Announce(peer, hash, 7000, Token(peer, hash));
    ASSERT_EQ(LastErrorCode(peer), 0);
  }
  stranger_.set_read_only();  // so that it hears answers only
  std::set<Endpoint> seen;
  for (int round = 0; round < 20; ++round) {
    Token(stranger_, hash);
    const std::vector<Endpoint> peers = Values(*LastReply(stranger_));
    EXPECT_GT(peers.size(), 80u);
    EXPECT_LE(stranger_.heard().back().bytes.size(), kMessageSizeMax);
    EXPECT_GT(stranger_.heard().back().bytes.size(), kMessageSizeMax - 100);
    seen.insert(peers.begin(), peers.end());
    net_.Run(seconds(1));
  }
  EXPECT_GT(seen.size(), 430u);
}

TEST_F(ServerTest, WantChoosesTheFamiliesOfNodes) {
  NetNode dual(net_, At("8.8.4.4:6881"));
  dual.AlsoAt(At("[2001:4860::1]:6881"));
  stranger_.AnswerPlainly();
  Stranger six(net_, At("[2001:db9::1]:1"), IdOf({6}));
  six.AnswerPlainly();
  dual->Hear(net_.now(), stranger_.endpoint());
  dual->Hear(net_.now(), six.endpoint());
  net_.Run(seconds(1));
  Stranger asker(net_, At("9.9.9.11:1000"), IdOf({0x10}));
  asker.set_read_only();
  struct Case {
    krpc::Want want;
    size_t nodes;
    size_t nodes6;
  };
  for (const Case& wanted : {Case{{}, 1, 0}, Case{{true, false}, 1, 0}, Case{{false, true}, 0, 1},
                             Case{{true, true}, 1, 1}}) {
    asker.Say(dual.endpoint(), "c", krpc::FindNode{asker.id(), IdOf({0}), wanted.want});
    net_.Run(milliseconds(100));
    const krpc::Reply* reply = LastReply(asker);
    ASSERT_NE(reply, nullptr);
    EXPECT_EQ(krpc::CountNodes(reply->nodes, krpc::kNodeV4Size), wanted.nodes);
    EXPECT_EQ(krpc::CountNodes(reply->nodes6, krpc::kNodeV6Size), wanted.nodes6);
  }
}

TEST_F(ServerTest, ReadOnlyNodesAnswerNobody) {
  Options options;
  options.read_only = true;
  NetNode quiet(net_, At("8.8.4.4:6881"), options);
  stranger_.AnswerPlainly();
  stranger_.Say(quiet.endpoint(), "a", krpc::Ping{stranger_.id()});
  net_.Run(seconds(1));
  EXPECT_TRUE(stranger_.heard().empty());
  quiet->Hear(net_.now(), stranger_.endpoint());
  net_.Run(seconds(1));
  ASSERT_EQ(stranger_.CountHeard<krpc::Ping>(), 1u);
  EXPECT_TRUE(krpc::Parse(AsBytes(stranger_.heard()[0].bytes))->is_read_only);
}

TEST_F(ServerTest, ReadOnlyAskersAreServedButNeverAsked) {
  stranger_.set_read_only();
  stranger_.AnswerPlainly();
  stranger_.Say(node_.endpoint(), "a", krpc::Ping{stranger_.id()});
  net_.Run(seconds(5));
  EXPECT_EQ(stranger_.heard().size(), 1u);
  EXPECT_EQ(node_->stats().table_nodes, 0u);
}

TEST_F(ServerTest, AFloodOfOneSourceIsLimitedAndOthersAreServed) {
  for (int i = 0; i < 3000; ++i) {
    stranger_.Say(node_.endpoint(), "aa", krpc::GetPeers{stranger_.id(), HashOf(1), {}});
    net_.Run(microseconds(1000));
  }
  net_.Run(milliseconds(500));
  const size_t answers = stranger_.CountHeard<krpc::Reply>();
  EXPECT_GE(answers, 100u);
  EXPECT_LE(answers, 400u + 10) << "a second of burst and three of the rate";
  EXPECT_GT(node_->stats().queries_limited, 2500u);
  Stranger other(net_, At("9.9.9.11:1000"), IdOf({0x10}));
  other.Say(node_.endpoint(), "bb", krpc::Ping{other.id()});
  net_.Run(milliseconds(100));
  EXPECT_EQ(other.CountHeard<krpc::Reply>(), 1u);
}

TEST_F(ServerTest, AForgedSourceIsSentFewBytes) {
  // Somebody asks in the name of `stranger_` as fast as he can, for long answers.
  const InfoHash hash = HashOf(1);
  for (uint32_t i = 0; i < 200; ++i) {
    Stranger peer(net_, Endpoint::V4(0x3a800000 + (i << 16), 6881), IdOf({1}));
    Announce(peer, hash, 7000, Token(peer, hash));
  }
  for (int i = 0; i < 10'000; ++i) {
    stranger_.Say(node_.endpoint(), "aa", krpc::GetPeers{stranger_.id(), hash, {}});
    net_.Run(milliseconds(1));
  }
  size_t bytes = 0;
  for (const Datagram& datagram : stranger_.heard()) bytes += datagram.bytes.size();
  EXPECT_LE(bytes, 20'000u * 11 + 2000);
}

TEST_F(ServerTest, NobodyFromOutsideHearsOfLocalNodes) {
  NetNode node(net_, At("127.0.0.1:6881"));
  Stranger local(net_, At("127.0.0.1:7000"), IdOf({1}));
  Stranger lan(net_, At("192.168.1.7:7000"), IdOf({2}));
  local.AnswerPlainly();
  lan.AnswerPlainly();
  node->Hear(net_.now(), local.endpoint());
  node->Hear(net_.now(), lan.endpoint());
  net_.Run(seconds(1));
  const auto count = [&](absl::string_view from) {
    Stranger asker(net_, At(from), IdOf({0x10}));
    asker.set_read_only();
    asker.Say(node.endpoint(), "c", krpc::FindNode{asker.id(), IdOf({0}), {}});
    net_.Run(milliseconds(100));
    return krpc::CountNodes(LastReply(asker)->nodes, krpc::kNodeV4Size);
  };
  EXPECT_EQ(count("127.0.0.1:9000"), 2u);
  EXPECT_EQ(count("192.168.1.9:9000"), 1u);
  EXPECT_EQ(count("9.9.9.20:9000"), 0u);
}

}  // namespace
}  // namespace starling::dht
