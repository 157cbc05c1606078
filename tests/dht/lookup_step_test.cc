// Whoever watches a lookup sees each query and how it ended.

#include "dht/lookup_step.h"

#include <gtest/gtest.h>

#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

using Kind = LookupStep::Kind;

class Watcher final : public Collector {
 public:
  bool wants_steps() const override { return true; }
  void OnStep(Time, LookupId, const LookupStep& step) override { steps.push_back(step); }

  const LookupStep* Find(Kind kind, const Endpoint& node) const {
    for (const LookupStep& step : steps) {
      if (step.kind == kind && step.node == node) return &step;
    }
    return nullptr;
  }

  std::vector<LookupStep> steps;
};

TEST(LookupStep, EachQueryAndItsEndAreSeen) {
  SmallNet net;
  NetNode node(net, At("1.1.1.1:6881"));
  Stranger contact(net, At("9.9.9.9:1"), IdOf({9}));
  Stranger sour(net, At("8.8.8.8:1"), IdOf({8}));
  const Endpoint dead = At("7.7.7.7:1");
  sour.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    sour.Say(datagram.from, AsText(message.transaction_id), krpc::Error{201, "no"});
  });
  const std::array<Contact, 2> others = {Contact{sour.id(), sour.endpoint(), 0, 0, 0},
                                         Contact{IdOf({7}), dead, 0, 0, 0}};
  const std::array<const Contact*, 2> named = {&others[0], &others[1]};
  const std::array<Endpoint, 1> peers = {At("5.5.5.5:5")};
  contact.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    if (std::holds_alternative<krpc::Reply>(message.body)) return;
    krpc::Answer answer;
    answer.id = contact.id();
    if (std::holds_alternative<krpc::GetPeers>(message.body)) {
      answer.nodes = named;
      answer.values = peers;
    }
    contact.Say(datagram.from, AsText(message.transaction_id), answer);
  });
  node->Hear(net.now(), contact.endpoint());
  net.Run(seconds(1));
  Watcher watcher;
  node->GetPeers(net.now(), HashOf(1), watcher);
  net.Run(seconds(10));
  ASSERT_TRUE(watcher.done());

  const LookupStep* answered = watcher.Find(Kind::kAnswered, contact.endpoint());
  ASSERT_NE(answered, nullptr);
  EXPECT_EQ(answered->id, contact.id());
  EXPECT_EQ(answered->hops, 1);
  EXPECT_EQ(answered->nodes, 2u);
  EXPECT_EQ(answered->peers, 1u);
  EXPECT_EQ(answered->waited, milliseconds(40));
  const LookupStep* refused = watcher.Find(Kind::kRefused, sour.endpoint());
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->hops, 2);
  ASSERT_NE(watcher.Find(Kind::kLate, dead), nullptr);
  const LookupStep* silent = watcher.Find(Kind::kSilent, dead);
  ASSERT_NE(silent, nullptr);
  EXPECT_EQ(silent->waited, seconds(2));
  EXPECT_EQ(std::count_if(watcher.steps.begin(), watcher.steps.end(),
                          [](const LookupStep& step) { return step.kind == Kind::kAsked; }),
            watcher.report().queries);
}

TEST(LookupStep, WhoDoesNotWatchIsToldNothing) {
  class Deaf final : public Collector {
    void OnStep(Time, LookupId, const LookupStep&) override { ADD_FAILURE() << "told"; }
  };
  SmallNet net;
  NetNode node(net, At("1.1.1.1:6881"));
  Stranger contact(net, At("9.9.9.9:1"), IdOf({9}));
  contact.AnswerPlainly();
  node->Hear(net.now(), contact.endpoint());
  net.Run(seconds(1));
  Deaf deaf;
  node->GetPeers(net.now(), HashOf(1), deaf);
  net.Run(seconds(10));
  EXPECT_TRUE(deaf.done());
  EXPECT_EQ(deaf.report().queries, 1);
}

}  // namespace
}  // namespace starling::dht
