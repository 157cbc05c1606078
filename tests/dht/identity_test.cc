// BEP 42 in a node: its own id follows its address, ids of others are preferred or refused. And
// what every message carries: `v`, `ip`, and `ro` (BEP 43) for who asks only.

#include <gtest/gtest.h>

#include "dht/closest_secure.h"
#include "dht/peer_store.h"
#include "dht/tuned_variant.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

Options Following() {
  Options options;
  options.follows_address = true;
  return options;
}

TEST(OwnId, FollowsTheAddressThatOthersSee) {
  Network network(12, Following());
  network.Join();
  network.net().Run(minutes(2));
  for (size_t i = 0; i < network.size(); ++i) {
    EXPECT_TRUE(IsSecureId(network.at(i)->id(), network.at(i).endpoint())) << i;
    EXPECT_GE(network.at(i)->stats().table_nodes, 8u) << "the table is rebuilt";
  }
  EXPECT_GE(network.MeasureRecall(10), 0.95);
}

TEST(OwnId, StaysWhereNobodyIsAskedToFollow) {
  Network network(12);
  const NodeId before = network.at(3)->id();
  network.Join();
  network.net().Run(minutes(2));
  EXPECT_EQ(network.at(3)->id(), before);
}

// Strangers who answer whatever they are asked with `ip` being `claimed`.
class Claimants {
 public:
  Claimants(SmallNet& net, const std::vector<Endpoint>& places, const Endpoint& claimed) {
    for (const Endpoint& place : places) {
      strangers_.push_back(
          std::make_unique<Stranger>(net, place, HashNode(place.v4() + place.port)));
      Stranger& stranger = *strangers_.back();
      stranger.set_responder([&stranger, claimed](const Datagram& from,
                                                  const krpc::Message& query) {
        if (std::holds_alternative<krpc::Reply>(query.body)) return;
        std::array<std::byte, 6> compact;
        WriteCompact(claimed, compact.data());
        stranger.SayRaw(from.from, "d2:ip6:" + std::string(AsText(compact)) +
                                       "1:rd2:id20:" + std::string(AsText(stranger.id().view())) +
                                       "e1:t4:" + std::string(AsText(query.transaction_id)) +
                                       "1:y1:re");
      });
    }
  }

 private:
  std::vector<std::unique_ptr<Stranger>> strangers_;
};

NodeId IdAfterHearingOf(const std::vector<Endpoint>& places, const Endpoint& claimed) {
  SmallNet net;
  Options options = Following();
  options.id = IdOf({1});
  NetNode node(net, At("8.8.8.8:6881"), options);
  const Claimants claimants(net, places, claimed);
  for (int round = 0; round < 5; ++round) {
    for (const Endpoint& place : places) {
      node->Hear(net.now(), place);
      net.Run(seconds(1));
    }
  }
  return node->id();
}

std::vector<Endpoint> Spread(uint32_t count) {
  std::vector<Endpoint> places;
  for (uint32_t i = 0; i < count; ++i) places.push_back(PublicAddress(i));
  return places;
}

TEST(OwnId, FiveNetworksMoveItAndFourDoNot) {
  const Endpoint claimed = At("203.0.113.7:6881");
  EXPECT_TRUE(IsSecureId(IdAfterHearingOf(Spread(5), claimed), claimed));
  EXPECT_EQ(IdAfterHearingOf(Spread(4), claimed), IdOf({1}));
}

TEST(OwnId, ANetworkFullOfLiarsDoesNotMoveIt) {
  std::vector<Endpoint> places;
  for (uint32_t i = 0; i < 60; ++i) places.push_back(Endpoint::V4(0x50600000 + i * 257, 6881));
  EXPECT_EQ(IdAfterHearingOf(places, At("203.0.113.7:6881")), IdOf({1}));
}

TEST(OwnId, KeepsWhatItStored) {
  PeerStore store(IdOf({1}), {.infohashes_max = 10, .peers_per_infohash_max = 10});
  SeededRandom random(1);
  const Time now{seconds(1000)};
  for (uint64_t i = 0; i < 5; ++i) {
    store.Announce(now, HashOf(i), Endpoint::V4(0x50000000 + static_cast<uint32_t>(i), 1), 1);
  }
  store.MoveTo(IdOf({200}));
  for (uint64_t i = 0; i < 5; ++i) {
    const PeerStore::PeerSample sample = store.Sample(now, HashOf(i), random, 4);
    ASSERT_EQ(sample.size(), 1u);
    EXPECT_EQ(sample[0].v4(), 0x50000000 + i);
  }
  EXPECT_EQ(store.peers(), 5u);
}

// A node that is asked by one with a wrong id and by one with a right one.
size_t CountInTable(IdSecurity security, const Endpoint& place, bool is_bound) {
  SmallNet net;
  Options options;
  options.security = security;
  NetNode node(net, At("8.8.8.8:6881"), options);
  SeededRandom random(7);
  Stranger stranger(net, place, is_bound ? DrawSecureId(place, random) : HashNode(9));
  stranger.AnswerPlainly();
  node->Hear(net.now(), place);
  net.Run(seconds(2));
  return node->stats().table_nodes;
}

TEST(Security, EnforcedOnlyIdsThatBelongToTheirAddressEnterTheTable) {
  const Endpoint place = At("9.9.9.9:6881");
  EXPECT_EQ(CountInTable(IdSecurity::kEnforce, place, false), 0u);
  EXPECT_EQ(CountInTable(IdSecurity::kEnforce, place, true), 1u);
  EXPECT_EQ(CountInTable(IdSecurity::kPrefer, place, false), 1u);
  EXPECT_EQ(CountInTable(IdSecurity::kOff, place, false), 1u);
}

TEST(Security, PrivateNetworksAreExempt) {
  EXPECT_EQ(CountInTable(IdSecurity::kEnforce, At("192.168.1.2:6881"), false), 1u);
  EXPECT_EQ(CountInTable(IdSecurity::kEnforce, At("127.0.0.1:7000"), false), 1u);
}

TEST(Security, QueriesOfWrongIdsAreAnsweredAllTheSame) {
  SmallNet net;
  Options options;
  options.security = IdSecurity::kEnforce;
  NetNode node(net, At("8.8.8.8:6881"), options);
  Stranger stranger(net, At("9.9.9.9:1"), HashNode(9));
  stranger.Say(node.endpoint(), "aa", krpc::GetPeers{stranger.id(), HashOf(1), {}});
  net.Run(seconds(1));
  EXPECT_EQ(stranger.CountHeard<krpc::Reply>(), 1u);
}

// All strangers share one bucket, the farthest, of a node with id 0.
size_t CountBound(IdSecurity security) {
  SmallNet net;
  Options options;
  options.security = security;
  options.id = IdOf({0, 1});
  NetNode node(net, At("8.8.8.8:6881"), options);
  SeededRandom random(7);
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (uint32_t i = 0; i < 400 && strangers.size() < 20; ++i) {
    const Endpoint place = PublicAddress(i);
    const bool is_bound = strangers.size() >= 10;
    NodeId id = is_bound ? DrawSecureId(place, random) : HashNode(i);
    if (!id.bit(0)) continue;
    strangers.push_back(std::make_unique<Stranger>(net, place, id));
    strangers.back()->AnswerPlainly();
    // As an answer to a question of ours, whether there is room or not.
    node->Hear(net.now(), place);
    net.Run(seconds(2));
  }
  size_t bound = 0;
  for (const Contact& contact : node->contacts()) {
    bound += IsSecureId(contact.id, contact.endpoint) ? 1 : 0;
  }
  EXPECT_EQ(node->contacts().size(), 8u);
  return bound;
}

TEST(Security, PreferredIdsPushOthersOutOfFullBuckets) {
  EXPECT_EQ(CountBound(IdSecurity::kPrefer), 8u);
  EXPECT_EQ(CountBound(IdSecurity::kOff), 0u);
}

TEST(Security, OneNodeOfANetworkEntersTheTable) {
  for (const bool is_on : {true, false}) {
    SmallNet net;
    Options options;
    options.one_per_network = is_on;
    NetNode node(net, At("8.8.8.8:6881"), options);
    std::vector<std::unique_ptr<Stranger>> strangers;
    for (uint32_t i = 1; i <= 5; ++i) {
      const Endpoint place = Endpoint::V4(0x09090900 + i, 6881);
      strangers.push_back(std::make_unique<Stranger>(net, place, HashNode(i)));
      strangers.back()->AnswerPlainly();
      node->Hear(net.now(), place);
      net.Run(seconds(2));
    }
    EXPECT_EQ(node->contacts().size(), is_on ? 1u : 5u);
  }
}

// A lookup in which `bound` of 20 that answered, the farthest, have ids of their addresses.
std::vector<const Candidate*> Chosen(Lookup& lookup, size_t bound, IdSecurity security) {
  SeededRandom random(3);
  std::vector<std::pair<NodeId, Endpoint>> nodes;
  for (uint32_t i = 0; i < 20; ++i) {
    NodeId id = IdOf({0, 0, 0, static_cast<int>(i) + 1});
    const Endpoint place = PublicAddress(i);
    if (i + bound >= 20) id = DrawSecureId(place, random);
    nodes.emplace_back(id, place);
  }
  for (const auto& [id, place] : nodes) lookup.Add(id, place, 1);
  lookup.Step([](const auto&) { return true; });
  for (const auto& [id, place] : nodes) lookup.OnReply(place, id, AsBytes("tokn"), 10);
  return ChooseClosest(lookup, 8, security);
}

size_t CountBound(const std::vector<const Candidate*>& chosen) {
  return static_cast<size_t>(std::count_if(chosen.begin(), chosen.end(), [](const Candidate* c) {
    return IsSecureId(c->id, c->endpoint);
  }));
}

TEST(ClosestSecure, GivesUpToHalfOfThePlacesToBoundIds) {
  const auto count = [](size_t bound, IdSecurity security) {
    const LookupVariantPointer plain = MakePlainVariant(8, 3);
    Lookup lookup(NodeId{}, *plain);
    const std::vector<const Candidate*> chosen = Chosen(lookup, bound, security);
    EXPECT_EQ(chosen.size(), 8u);
    EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end(), [](const auto* a, const auto* b) {
      return IsCloser(NodeId{}, a->id, b->id);
    }));
    return CountBound(chosen);
  };
  EXPECT_EQ(count(0, IdSecurity::kPrefer), 0u);
  EXPECT_EQ(count(3, IdSecurity::kPrefer), 3u);
  EXPECT_EQ(count(12, IdSecurity::kPrefer), 4u);
  EXPECT_EQ(count(12, IdSecurity::kOff), 0u);
  EXPECT_EQ(count(20, IdSecurity::kPrefer), 8u);
}

TEST(ReadOnly, MarksEveryQueryAndIsInNobodysTable) {
  Network network(12);
  network.Join();
  SmallNet& net = network.net();
  Options options;
  options.read_only = true;
  NetNode asker(net, At("9.9.9.9:6881"), options);
  size_t queries = 0;
  net.set_drops([&](const Datagram& datagram) {
    const auto message = krpc::Parse(AsBytes(datagram.bytes));
    if (datagram.from == asker.endpoint()) {
      ++queries;
      EXPECT_TRUE(message->is_read_only);
      EXPECT_FALSE(std::holds_alternative<krpc::Reply>(message->body));
    }
    return false;
  });
  asker->Bootstrap(net.now(), std::array<Endpoint, 1>{network.at(0).endpoint()});
  net.Run(seconds(10));
  Collector found;
  asker->Announce(net.now(), HashOf(1), 1, found);
  net.Run(minutes(20));
  EXPECT_TRUE(found.done());
  EXPECT_GT(queries, 30u);
  for (size_t i = 0; i < network.size(); ++i) {
    for (const Contact& contact : network.at(i)->contacts()) {
      EXPECT_NE(contact.endpoint, asker.endpoint());
    }
  }
}

TEST(Envelope, EveryMessageSaysItsVersionAndEveryAnswerTheAddressItSees) {
  Network network(12);
  size_t answers = 0;
  network.net().set_drops([&](const Datagram& datagram) {
    const auto message = krpc::Parse(AsBytes(datagram.bytes));
    EXPECT_EQ(message->version, krpc::kClientVersion);
    const bool is_answer = std::holds_alternative<krpc::Reply>(message->body) ||
                           std::holds_alternative<krpc::Error>(message->body);
    EXPECT_EQ(message->seen_as.has_value(), is_answer);
    if (is_answer) {
      EXPECT_EQ(*message->seen_as, datagram.to);
    }
    answers += is_answer ? 1 : 0;
    return false;
  });
  network.Join();
  network.net().Run(minutes(1));
  EXPECT_GT(answers, 100u);
  network.net().set_drops(nullptr);
  Stranger stranger(network.net(), At("9.9.9.9:1"), HashNode(1));
  stranger.SayRaw(network.at(0).endpoint(),
                  "d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe");
  network.net().Run(seconds(1));
  EXPECT_EQ(stranger.last_answer().seen_as, stranger.endpoint()) << "an error says it too";
}

}  // namespace
}  // namespace starling::dht
