// Whatever a sink does inside its callback - cancel, start anew, destroy the node - must be safe.
// These tests say most when they run under a sanitizer.

#include <gtest/gtest.h>

#include <functional>

#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

class ActingSink : public PeerSink, public PingSink {
 public:
  void OnPeers(Time now, LookupId lookup, std::span<const Endpoint> peers) override {
    peers_seen += peers.size();
    if (on_peers) on_peers(now, lookup);
    for (const Endpoint& peer : peers) EXPECT_TRUE(peer.is_usable());
  }
  void OnDone(Time now, LookupId lookup, const LookupReport& report) override {
    ++done;
    if (on_done) on_done(now, lookup);
    for (const Contact& contact : report.closest) EXPECT_TRUE(contact.endpoint.is_usable());
  }
  void OnPing(Time now, const Endpoint& node, const NodeId* id, Duration) override {
    ++pings;
    if (on_ping) on_ping(now);
    EXPECT_TRUE(node.is_usable());
    if (id != nullptr) {
      EXPECT_FALSE(id->is_zero());
    }
  }

  std::function<void(Time, LookupId)> on_peers;
  std::function<void(Time, LookupId)> on_done;
  std::function<void(Time)> on_ping;
  size_t peers_seen = 0;
  int done = 0;
  int pings = 0;
};

class SinksTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.set_responder([this](const Datagram& datagram, const krpc::Message& message) {
      if (std::holds_alternative<krpc::Reply>(message.body)) return;
      const std::array<Endpoint, 2> peers = {At("5.5.5.5:5"), At("6.6.6.6:6")};
      krpc::Answer answer;
      answer.id = server_.id();
      answer.token = AsBytes("tokn");
      answer.values = peers;
      server_.Say(datagram.from, AsText(message.transaction_id), answer);
    });
    node_->Hear(net_.now(), server_.endpoint());
    net_.Run(seconds(1));
  }

  SmallNet net_;
  Stranger server_{net_, At("9.9.9.9:1"), IdOf({9})};
  NetNode node_{net_, At("8.8.8.8:6881")};
  ActingSink sink_;
};

TEST_F(SinksTest, CancelInsideOnPeersEndsItWithoutOnDone) {
  sink_.on_peers = [&](Time, LookupId lookup) { node_->Cancel(lookup); };
  node_->GetPeers(net_.now(), HashOf(1), sink_);
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.peers_seen, 2u);
  EXPECT_EQ(sink_.done, 0);
  EXPECT_EQ(node_->stats().lookups_running, 0u);
}

TEST_F(SinksTest, CancelledLookupsAreNeverHeardOfAgain) {
  const LookupId lookup = node_->Announce(net_.now(), HashOf(1), 1, sink_);
  node_->Cancel(lookup);
  node_->Cancel(lookup);
  node_->Cancel(LookupId{});
  const LookupId other = node_->GetPeers(net_.now(), HashOf(2), sink_);
  EXPECT_NE(other, lookup);
  node_->Cancel(lookup);  // its place is taken by another one
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.done, 1);
}

TEST_F(SinksTest, TheNodeMayBeDestroyedInsideOnPeers) {
  sink_.on_peers = [&](Time, LookupId) { node_.Destroy(); };
  node_->GetPeers(net_.now(), HashOf(1), sink_);
  node_->GetPeers(net_.now(), HashOf(2), sink_);
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.peers_seen, 2u);
  EXPECT_EQ(sink_.done, 0);
}

TEST_F(SinksTest, TheNodeMayBeDestroyedInsideOnDone) {
  sink_.on_done = [&](Time, LookupId) { node_.Destroy(); };
  node_->Announce(net_.now(), HashOf(1), 1, sink_);
  node_->GetPeers(net_.now(), HashOf(2), sink_);
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.done, 1);
}

TEST_F(SinksTest, TheNodeMayBeDestroyedInsideOnDoneFromADeadline) {
  server_.set_responder(nullptr);
  sink_.on_done = [&](Time, LookupId) { node_.Destroy(); };
  for (uint64_t i = 0; i < 5; ++i) node_->GetPeers(net_.now(), HashOf(i), sink_);
  net_.Run(seconds(10));
  EXPECT_EQ(sink_.done, 1);
}

TEST_F(SinksTest, TheNodeMayBeDestroyedInsideOnPing) {
  sink_.on_ping = [&](Time) { node_.Destroy(); };
  node_->Ping(net_.now(), server_.endpoint(), sink_);
  node_->Ping(net_.now(), At("9.9.9.77:1"), sink_);
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.pings, 1);
}

TEST_F(SinksTest, NewLookupsMayStartInsideEveryCallback) {
  int started = 0;
  const auto start = [&](Time now) {
    if (++started < 50) node_->Announce(now, HashOf(static_cast<uint64_t>(started)), 1, sink_);
  };
  sink_.on_peers = [&](Time now, LookupId) { start(now); };
  sink_.on_done = [&](Time now, LookupId) { start(now); };
  sink_.on_ping = [&](Time now) { start(now); };
  node_->Ping(net_.now(), server_.endpoint(), sink_);
  net_.Run(minutes(1));
  EXPECT_EQ(sink_.done, 49);
  EXPECT_EQ(node_->stats().lookups_running, 0u);
}

TEST_F(SinksTest, ASinkThatAlwaysTriesAgainDoesNotHangTheEvent) {
  NetNode lonely(net_, At("8.8.4.4:6881"));
  sink_.on_done = [&](Time now, LookupId) { lonely->GetPeers(now, HashOf(1), sink_); };
  lonely->GetPeers(net_.now(), HashOf(1), sink_);
  lonely->OnDeadline(net_.now());
  EXPECT_EQ(sink_.done, 1) << "the next one has its own event";
  lonely->OnDeadline(net_.now());
  EXPECT_EQ(sink_.done, 2);
  sink_.on_done = nullptr;
}

TEST_F(SinksTest, ANodeThatIsDestroyedTellsNobody) {
  node_->Announce(net_.now(), HashOf(1), 1, sink_);
  node_->Ping(net_.now(), server_.endpoint(), sink_);
  node_.Destroy();
  net_.Run(seconds(5));
  EXPECT_EQ(sink_.done + sink_.pings, 0);
}

TEST_F(SinksTest, WhatWeStoreOurselvesIsOfferedTooButLater) {
  // The stranger announces to us; then we look for it, having nobody else to ask.
  server_.Say(node_.endpoint(), "gp", krpc::GetPeers{server_.id(), HashOf(7), {}});
  net_.Run(milliseconds(100));
  const krpc::Message reply = server_.last_answer();
  const std::string token(AsText(std::get<krpc::Reply>(reply.body).token));
  server_.Say(node_.endpoint(), "an",
              krpc::AnnouncePeer{server_.id(), HashOf(7), 7777, false, AsBytes(token)});
  net_.Run(milliseconds(100));
  Collector found;
  node_->GetPeers(net_.now(), HashOf(7), found);
  EXPECT_TRUE(found.peers().empty()) << "not before the call returned";
  net_.Run(seconds(1));
  EXPECT_TRUE(found.Found(At("9.9.9.9:7777")));
}

}  // namespace
}  // namespace starling::dht
