// One node among strangers and few others: what it does by itself, and what it tells its sinks.

#include "dht/node.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

class PingCollector : public PingSink {
 public:
  void OnPing(Time, const Endpoint&, const NodeId* id, Duration round_trip) override {
    ++count;
    answered = id != nullptr;
    if (id != nullptr) node_id = *id;
    took = round_trip;
  }
  int count = 0;
  bool answered = false;
  NodeId node_id;
  Duration took{};
};

class NodeTest : public testing::Test {
 protected:
  SmallNet net_;
  NetNode node_{net_, At("8.8.8.8:6881")};
};

TEST_F(NodeTest, WithNothingToDoHasNoDeadline) {
  EXPECT_EQ(node_->next_deadline(), kNever);
  EXPECT_FALSE(node_->id().is_zero());
  node_->Bootstrap(net_.now(), {});
  EXPECT_EQ(node_->next_deadline(), kNever);
}

TEST_F(NodeTest, LookupsWithNobodyToAskEndFromTheEventLoop) {
  Collector found;
  const LookupId lookup = node_->GetPeers(net_.now(), HashOf(1), found);
  EXPECT_NE(lookup, LookupId{});
  EXPECT_FALSE(found.done());
  EXPECT_LE(node_->next_deadline(), net_.now());
  node_->OnDeadline(net_.now());
  EXPECT_TRUE(found.done());
  EXPECT_TRUE(found.report().had_nobody_to_ask);
  EXPECT_EQ(node_->next_deadline(), kNever);
}

TEST_F(NodeTest, LookupsWaitFiveSecondsForRoutersThatDoNotAnswer) {
  Collector found;
  node_->Bootstrap(net_.now(), std::vector<Endpoint>{At("9.9.9.9:1")});
  node_->GetPeers(net_.now(), HashOf(1), found);
  net_.Run(milliseconds(4900));
  EXPECT_FALSE(found.done());
  net_.Run(milliseconds(200));
  EXPECT_TRUE(found.done());
  EXPECT_TRUE(found.report().had_nobody_to_ask);
}

TEST_F(NodeTest, LookupsStartAsSoonAsALateRouterAnswers) {
  Stranger router(net_, At("9.9.9.9:1"), IdOf({9}));
  router.AnswerPlainly();
  node_->Bootstrap(net_.now(), {});  // names are still being resolved
  Collector found;
  node_->GetPeers(net_.now(), HashOf(1), found);
  net_.Run(seconds(2));
  EXPECT_FALSE(found.done());
  node_->Bootstrap(net_.now(), std::vector<Endpoint>{router.endpoint()});
  net_.Run(milliseconds(200));
  EXPECT_TRUE(found.done());
  EXPECT_EQ(router.CountHeard<krpc::GetPeers>(), 1u);
}

TEST_F(NodeTest, AsksRoutersAgainWithGrowingPausesWhileNobodyAnswers) {
  Stranger router(net_, At("9.9.9.9:1"), IdOf({9}));
  node_->Bootstrap(net_.now(), std::vector<Endpoint>{router.endpoint()});
  net_.Run(minutes(1));
  const size_t in_first_minute = router.heard().size();
  EXPECT_GE(in_first_minute, 4u);
  EXPECT_LE(in_first_minute, 8u);
  net_.Run(minutes(10));
  EXPECT_LE(router.heard().size(), in_first_minute + 11);
  EXPECT_GE(router.heard().size(), in_first_minute + 9);
  router.AnswerPlainly();
  net_.Run(minutes(1));
  EXPECT_EQ(node_->stats().table_nodes, 1u);
}

TEST_F(NodeTest, FindsBackWhenItsTableRanEmpty) {
  auto router = std::make_unique<Stranger>(net_, At("9.9.9.9:1"), IdOf({9}));
  router->AnswerPlainly();
  node_->Bootstrap(net_.now(), std::vector<Endpoint>{router->endpoint()});
  net_.Run(seconds(10));
  EXPECT_EQ(node_->stats().table_nodes, 1u);
  router.reset();
  net_.Run(minutes(20));
  EXPECT_EQ(node_->stats().table_nodes, 0u);
  router = std::make_unique<Stranger>(net_, At("9.9.9.9:1"), IdOf({10}));
  router->AnswerPlainly();
  net_.Run(minutes(1) + seconds(10));
  EXPECT_EQ(node_->stats().table_nodes, 1u);
}

TEST_F(NodeTest, FindsBackWithoutRoutersToWhomItKnewBefore) {
  auto friendly = std::make_unique<Stranger>(net_, At("9.9.9.9:1"), IdOf({9}));
  friendly->AnswerPlainly();
  node_->Hear(net_.now(), friendly->endpoint());
  net_.Run(seconds(10));
  friendly.reset();
  net_.Run(minutes(20));
  EXPECT_EQ(node_->stats().table_nodes, 0u);
  friendly = std::make_unique<Stranger>(net_, At("9.9.9.9:1"), IdOf({9}));
  friendly->AnswerPlainly();
  net_.Run(minutes(1) + seconds(10));
  EXPECT_EQ(node_->stats().table_nodes, 1u);
}

TEST_F(NodeTest, HearPingsAndOnlyWhoAnswersEnters) {
  Stranger live(net_, At("9.9.9.9:1"), IdOf({9}));
  live.AnswerPlainly();
  Stranger dead(net_, At("9.9.9.10:1"), IdOf({10}));
  node_->Hear(net_.now(), live.endpoint());
  node_->Hear(net_.now(), dead.endpoint());
  node_->Hear(net_.now(), At("0.0.0.0:5"));
  node_->Hear(net_.now(), At("9.9.9.9:0"));
  net_.Run(seconds(3));
  EXPECT_EQ(node_->stats().table_nodes, 1u);
  EXPECT_EQ(dead.CountHeard<krpc::Ping>(), 1u);
}

TEST_F(NodeTest, WhoAsksIsPingedAndEntersIfItAnswers) {
  Stranger asker(net_, At("9.9.9.9:1"), IdOf({9}));
  asker.AnswerPlainly();
  asker.Say(node_.endpoint(), "aa", krpc::Ping{asker.id()});
  net_.Run(seconds(1));
  EXPECT_EQ(asker.CountHeard<krpc::Ping>(), 1u);
  EXPECT_EQ(node_->stats().table_nodes, 1u);
  for (int i = 0; i < 10; ++i) asker.Say(node_.endpoint(), "aa", krpc::Ping{asker.id()});
  net_.Run(seconds(1));
  EXPECT_EQ(asker.CountHeard<krpc::Ping>(), 1u) << "known, so not pinged again";
}

TEST_F(NodeTest, StrangersCannotMakeItPingMany) {
  // A flood of queries from forged addresses: each claims an id for which there would be room.
  for (uint32_t i = 0; i < 2000; ++i) {
    Stranger forged(net_, Endpoint::V4(0x20000000 + 7 * i, 1), HashNode(i));
    forged.Say(node_.endpoint(), "aa", krpc::Ping{forged.id()});
    net_.Run(milliseconds(1));
  }
  net_.Run(seconds(3));
  EXPECT_LE(node_->stats().queries_out, 8u * 3);
}

TEST_F(NodeTest, KeepsAContactFreshByPingingItOnceInFifteenMinutes) {
  Stranger contact(net_, At("9.9.9.9:1"), IdOf({9}));
  contact.AnswerPlainly();
  node_->Hear(net_.now(), contact.endpoint());
  net_.Run(hours(1));
  const size_t pings = contact.CountHeard<krpc::Ping>();
  EXPECT_GE(pings + contact.CountHeard<krpc::FindNode>(), 4u);
  net_.Run(hours(10));
  EXPECT_LE(contact.CountHeard<krpc::Ping>() - pings, 45u);
  EXPECT_EQ(node_->stats().table_nodes, 1u);
  EXPECT_LE(net_.wake_ups(), 400u) << "no ticks without need";
}

TEST_F(NodeTest, DropsAContactAfterTwoUnansweredPings) {
  auto contact = std::make_unique<Stranger>(net_, At("9.9.9.9:1"), IdOf({9}));
  contact->AnswerPlainly();
  node_->Hear(net_.now(), contact->endpoint());
  net_.Run(seconds(30));
  contact->set_responder(nullptr);
  net_.Run(minutes(16));
  EXPECT_EQ(node_->stats().table_nodes, 0u);
}

TEST_F(NodeTest, UnsolicitedAndMismatchedRepliesAreDropped) {
  Stranger honest(net_, At("9.9.9.9:1"), IdOf({9}));
  Stranger spoofer(net_, At("9.9.9.10:1"), IdOf({10}));
  honest.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    krpc::Answer answer;
    answer.id = IdOf({66});
    // From elsewhere with the right id, from here with a wrong one, and one of the wrong size.
    spoofer.Say(datagram.from, AsText(message.transaction_id), answer);
    std::string wrong(AsText(message.transaction_id));
    wrong[3] = static_cast<char>(wrong[3] ^ 1);
    honest.Say(datagram.from, wrong, answer);
    honest.Say(datagram.from, wrong.substr(0, 2), answer);
  });
  node_->Hear(net_.now(), honest.endpoint());
  net_.Run(seconds(3));
  EXPECT_EQ(node_->stats().unsolicited, 3u);
  EXPECT_EQ(node_->stats().table_nodes, 0u);
  EXPECT_EQ(node_->stats().timeouts, 1u);
}

TEST_F(NodeTest, WhoClaimsOurOwnIdIsDropped) {
  Stranger spoof(net_, At("9.9.9.9:1"), node_->id());
  spoof.AnswerPlainly();
  spoof.Say(node_.endpoint(), "aa", krpc::Ping{spoof.id()});
  net_.Run(seconds(1));
  EXPECT_TRUE(spoof.heard().empty());
  node_->Hear(net_.now(), spoof.endpoint());
  net_.Run(seconds(1));
  EXPECT_EQ(node_->stats().table_nodes, 0u);
}

TEST_F(NodeTest, PingsTellTheIdAndTheRoundTrip) {
  Stranger live(net_, At("9.9.9.9:1"), IdOf({9}));
  live.AnswerPlainly();
  PingCollector ping;
  node_->Ping(net_.now(), live.endpoint(), ping);
  EXPECT_EQ(ping.count, 0);
  net_.Run(seconds(1));
  EXPECT_TRUE(ping.answered);
  EXPECT_EQ(ping.node_id, live.id());
  EXPECT_EQ(ping.took, milliseconds(40));

  node_->Ping(net_.now(), At("9.9.9.77:1"), ping);
  node_->Ping(net_.now(), At("9.9.9.77:0"), ping);
  EXPECT_EQ(ping.count, 1);
  net_.Run(seconds(3));
  EXPECT_EQ(ping.count, 3);
  EXPECT_FALSE(ping.answered);
}

TEST_F(NodeTest, PeersAreHandedOutOnceAndOnlyUsableOnes) {
  Stranger server(net_, At("9.9.9.9:1"), IdOf({9}));
  const std::array<Endpoint, 6> peers = {At("5.5.5.5:5"),      At("5.5.5.5:5"), At("127.0.0.1:22"),
                                         At("192.168.1.1:80"), At("6.6.6.6:0"), At("239.1.1.1:9")};
  server.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    if (std::holds_alternative<krpc::Reply>(message.body)) return;
    krpc::Answer answer;
    answer.id = server.id();
    answer.values = peers;
    server.Say(datagram.from, AsText(message.transaction_id), answer);
  });
  node_->Hear(net_.now(), server.endpoint());
  Collector found;
  node_->GetPeers(net_.now(), HashOf(1), found);
  net_.Run(seconds(1));
  EXPECT_EQ(found.peers(), std::vector<Endpoint>{At("5.5.5.5:5")});
  EXPECT_EQ(found.report().peers, 1);
}

TEST_F(NodeTest, AnnouncesWithTheTokenOfEachNodeAndAnImpliedPortForZero) {
  Stranger server(net_, At("9.9.9.9:1"), IdOf({9}));
  server.AnswerPlainly();
  node_->Hear(net_.now(), server.endpoint());
  net_.Run(seconds(1));
  Collector announced;
  node_->Announce(net_.now(), HashOf(1), 0, announced);
  net_.Run(seconds(1));
  ASSERT_TRUE(announced.done());
  EXPECT_EQ(announced.report().announced, 1);
  ASSERT_EQ(server.CountHeard<krpc::AnnouncePeer>(), 1u);
  const krpc::Message last = server.last();
  const auto& query = std::get<krpc::AnnouncePeer>(last.body);
  EXPECT_TRUE(query.implied_port);
  EXPECT_EQ(AsText(query.token), "tokn");
  EXPECT_EQ(query.info_hash, HashOf(1));
}

TEST_F(NodeTest, LookupsAreLimited) {
  Stranger server(net_, At("9.9.9.9:1"), IdOf({9}));
  node_->Bootstrap(net_.now(), std::vector<Endpoint>{server.endpoint()});
  Collector found;
  int started = 0;
  for (int i = 0; i < 400; ++i) {
    if (node_->GetPeers(net_.now(), HashOf(1), found) != LookupId{}) ++started;
  }
  EXPECT_LE(started, 256);
  EXPECT_GE(started, 250);
  net_.Run(seconds(20));
  EXPECT_EQ(found.done_count(), started);
  EXPECT_NE(node_->GetPeers(net_.now(), HashOf(1), found), LookupId{});
}

TEST_F(NodeTest, SavesAndRestoresItsTableAndId) {
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (uint32_t i = 0; i < 20; ++i) {
    strangers.push_back(
        std::make_unique<Stranger>(net_, Endpoint::V4(0x09000000 + 999 * i, 1), HashNode(i)));
    strangers.back()->AnswerPlainly();
    node_->Hear(net_.now(), strangers.back()->endpoint());
    net_.Run(milliseconds(100));
  }
  const std::string saved = node_->Save(net_.now());
  const uint32_t known = node_->stats().table_nodes;
  EXPECT_GT(known, 10u);

  NetNode again(net_, At("8.8.8.9:6881"));
  EXPECT_TRUE(again->Restore(net_.now(), saved));
  EXPECT_EQ(again->id(), node_->id());
  EXPECT_EQ(again->stats().table_nodes, 0u) << "none is verified";
  strangers.resize(strangers.size() / 2);
  net_.Run(minutes(2));
  EXPECT_GE(again->stats().table_nodes, 5u);
  EXPECT_LE(again->stats().table_nodes, strangers.size());

  Options options;
  options.id = IdOf({1});
  NetNode chosen(net_, At("8.8.8.10:6881"), options);
  EXPECT_TRUE(chosen->Restore(net_.now(), saved));
  EXPECT_EQ(chosen->id(), IdOf({1})) << "an id that was asked for stays";
  EXPECT_FALSE(chosen->Restore(net_.now(), "rubbish"));
}

TEST_F(NodeTest, ARestoredTableServesALookupAtOnce) {
  Stranger server(net_, At("9.9.9.9:1"), IdOf({9}));
  server.AnswerPlainly();
  node_->Hear(net_.now(), server.endpoint());
  net_.Run(seconds(1));
  NetNode again(net_, At("8.8.8.9:6881"));
  again->Restore(net_.now(), node_->Save(net_.now()));
  Collector found;
  again->GetPeers(net_.now(), HashOf(1), found);
  net_.Run(milliseconds(100));
  EXPECT_TRUE(found.done());
  EXPECT_EQ(found.report().replies, 1);
}

TEST(NodeFamilies, ADualStackNodeLooksInBothAndReportsOnce) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  node.AlsoAt(At("[2001:4860::8]:6881"));
  Stranger four(net, At("9.9.9.9:1"), IdOf({4}));
  Stranger six(net, At("[2001:db9::9]:1"), IdOf({6}));
  four.AnswerPlainly();
  six.AnswerPlainly();
  node->Hear(net.now(), four.endpoint());
  node->Hear(net.now(), six.endpoint());
  net.Run(seconds(1));
  EXPECT_EQ(node->stats().table_nodes, 1u);
  EXPECT_EQ(node->stats().table_nodes_v6, 1u);
  Collector announced;
  node->Announce(net.now(), HashOf(1), 7000, announced);
  net.Run(seconds(5));
  EXPECT_EQ(announced.done_count(), 1);
  EXPECT_EQ(announced.report().announced, 2);
  EXPECT_EQ(four.CountHeard<krpc::AnnouncePeer>(), 1u);
  EXPECT_EQ(six.CountHeard<krpc::AnnouncePeer>(), 1u);
}

TEST(NodeFamilies, ADisabledFamilyIsDeaf) {
  SmallNet net;
  Options options;
  options.ipv6 = false;
  NetNode node(net, At("8.8.8.8:6881"), options);
  node.AlsoAt(At("[2001:4860::8]:6881"));
  Stranger six(net, At("[2001:db9::9]:1"), IdOf({6}));
  six.AnswerPlainly();
  node->Hear(net.now(), six.endpoint());
  six.Say(At("[2001:4860::8]:6881"), "aa", krpc::Ping{six.id()});
  net.Run(seconds(1));
  EXPECT_TRUE(six.heard().empty());
}

}  // namespace
}  // namespace starling::dht
