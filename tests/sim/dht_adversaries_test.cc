// Worlds with adversaries who know the protocol: thieves of tokens, flooders of the peer store,
// nodes that do not answer and those that name them, nodes that say they are others. Each attack is
// made twice: against nodes as they are, and against nodes without the one defence that stops it.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "dht/peer_store.h"
#include "tests/support/adversary.h"
#include "tests/support/dht_probe.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using dht::krpc::Message;
using testing_support::EachRunTwice;
using testing_support::LookupProbe;

dht::Options With(const dht::Defences& defences) {
  dht::Options options = SimulatedDhtOptions();
  options.defences = defences;
  return options;
}

// Makes an attack of which `Measure(seed, defences, trace)` tells how far it came.
template <class Measure>
void Attack(Measure measure, const dht::Defences& weak, size_t with_max, size_t without_min) {
  EachRunTwice([&](uint64_t seed) {
    uint64_t trace = 0;
    EXPECT_LE(measure(seed, dht::Defences(), trace), with_max);
    uint64_t weak_trace = 0;
    EXPECT_GE(measure(seed, weak, weak_trace), without_min) << "what else stops it?";
    return HashNumbers({trace, weak_trace});
  });
}

// How many thieves are found as peers of a torrent for which another one has the token.
size_t ThievesFound(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AttackedNetwork net(seed, 100, With(defences));
  const InfoHash hash = SeededRandom(seed).NextId<InfoHash>();
  Adversary& owner = Adversary::Add(net.world);
  std::vector<Adversary*> thieves;
  for (int i = 0; i < 10; ++i) thieves.push_back(&Adversary::Add(net.world));
  for (DhtHost* host : net.network.Closest(NodeId::From(hash), 8)) {
    const Endpoint node = net.EndpointOf(*host);
    const std::string token = owner.TokenOf(node, hash);
    EXPECT_FALSE(token.empty());
    owner.Say(node, dht::krpc::AnnouncePeer{owner.id, hash, 7000, false, AsBytes(token)});
    for (Adversary* thief : thieves) {
      thief->Say(node, dht::krpc::AnnouncePeer{thief->id, hash, 7000, false, AsBytes(token)});
    }
    net.world.RunFor(seconds(2));
  }
  LookupProbe probe;
  probe.Find(net.world, net.network[50], hash);
  net.world.RunFor(seconds(30));
  Endpoint rightful = owner.endpoint();
  rightful.port = 7000;
  EXPECT_EQ(probe.found.count(rightful), 1u) << "whose the token was";
  trace = net.world.trace_hash();
  return probe.found.size() - 1;
}

TEST(DhtAdversaries, ThievesCannotAnnounceWithTheTokensOfOthers) {
  Attack(ThievesFound, {.tokens = false}, 0, 10);
}

// Of 20 torrents that honest nodes announced to a victim, how many it has forgotten after one
// source announced 4,000 that lie nearer.
size_t ForgottenInAFlood(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AttackedNetwork net(seed, 50, With(defences));
  DhtHost& victim = net.network[10];
  const Endpoint node = net.EndpointOf(victim);
  // What honest nodes store with the victim: nearer to it than to anybody else, but not as near
  // as the flooder's hashes will be.
  std::vector<InfoHash> stored;
  for (int i = 0; i < 20; ++i) {
    InfoHash hash = InfoHash::From(victim.id());
    hash.bytes[8] ^= static_cast<std::byte>(1 + i);
    stored.push_back(hash);
    Adversary& honest = Adversary::Add(net.world);
    const std::string token = honest.TokenOf(node, hash);
    honest.Say(node, dht::krpc::AnnouncePeer{honest.id, hash, 7000, false, AsBytes(token)});
  }
  net.world.RunFor(seconds(1));
  const size_t before = victim.node().stats().stored_peers;
  EXPECT_GE(before, 20u);
  Adversary& flooder = Adversary::Add(net.world);
  const std::string token = flooder.TokenOf(node, stored[0]);
  for (uint32_t i = 0; i < 4000; ++i) {
    InfoHash hash = InfoHash::From(victim.id());
    StoreBig<uint32_t>(hash.bytes.data() + 16, i);
    flooder.Say(node, dht::krpc::AnnouncePeer{flooder.id, hash, 7000, false, AsBytes(token)});
    net.world.RunFor(milliseconds(15));
  }
  const size_t after = victim.node().stats().stored_peers;
  EXPECT_GE(after, before + dht::PeerStore::kPerSourceMax / 2) << "the flood arrived";
  if (defences.shares) {
    EXPECT_LE(after, before + dht::PeerStore::kPerSourceMax);
  }
  size_t forgotten = 0;
  for (const InfoHash& hash : stored) {
    LookupProbe probe;
    probe.Find(net.world, victim, hash);
    net.world.RunFor(seconds(10));
    forgotten += probe.found.empty() ? 1 : 0;
  }
  trace = net.world.trace_hash();
  return forgotten;
}

TEST(DhtAdversaries, AFlooderDoesNotPushOutWhatOthersStored) {
  Attack(ForgottenInAFlood, {.shares = false}, 0, 15);
}

// How many contacts that never answered anybody are handed on to a stranger, where twenty are
// silent and ten others name them with every answer. Two defences stand behind each other: who
// never answered does not enter a table, and who is not good is not named.
size_t DeadHandedOn(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AttackedNetwork net(seed, 60, With(defences));
  const auto tell_all = [&net](Adversary& adversary) {
    for (size_t n = 0; n < net.network.size(); ++n) {
      adversary.Say(net.EndpointOf(net.network[n]), dht::krpc::Ping{adversary.id});
    }
    net.world.RunFor(seconds(5));
  };
  // Some ask everybody and answer nobody; others name those with every answer.
  std::vector<Adversary*> silent;
  std::set<Endpoint> dead;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(&Adversary::Add(net.world));
    dead.insert(silent.back()->endpoint());
    tell_all(*silent.back());
  }
  size_t named = 0;
  for (int i = 0; i < 10; ++i) {
    Adversary& liar = Adversary::Add(net.world);
    liar.hear = [&liar, &silent, &named](Time, const Endpoint& from, const Message& message) {
      const auto* query = std::get_if<dht::krpc::FindNode>(&message.body);
      if (query == nullptr && !std::holds_alternative<dht::krpc::Ping>(message.body)) return;
      dht::krpc::Answer answer;
      answer.id = liar.id;
      std::array<dht::Contact, 8> contacts;
      std::array<const dht::Contact*, 8> nodes;
      for (size_t n = 0; n < nodes.size(); ++n) {
        const Adversary& other = *silent[static_cast<size_t>(liar.random().Below(silent.size()))];
        contacts[n].id = other.id;
        contacts[n].endpoint = other.endpoint();
        nodes[n] = &contacts[n];
      }
      if (query != nullptr) answer.nodes = nodes;
      if (query != nullptr) named += nodes.size();
      liar.Say(from, message.transaction_id, answer);
    };
    tell_all(liar);
  }
  net.world.RunFor(minutes(30));
  EXPECT_GT(named, 500u) << "the liars were asked";
  // The silent have just been heard of again.
  for (Adversary* other : silent) {
    for (DhtHost* host : net.network.hosts()) {
      other->Say(net.EndpointOf(*host), dht::krpc::Ping{other->id});
    }
    net.world.RunFor(milliseconds(100));
  }
  // A stranger asks everybody for the neighbourhood of everybody and of the silent.
  Adversary& asker = Adversary::Add(net.world);
  size_t handed_on = 0;
  size_t handed_on_dead = 0;
  asker.hear = [&](Time, const Endpoint&, const Message& message) {
    const auto* reply = std::get_if<dht::krpc::Reply>(&message.body);
    if (reply == nullptr) return;
    const size_t count = dht::krpc::CountNodes(reply->nodes, dht::krpc::kNodeV4Size);
    for (size_t i = 0; i < count; ++i) {
      const auto node = dht::krpc::NodeAt(reply->nodes, dht::krpc::kNodeV4Size, i);
      ++handed_on;
      handed_on_dead += dead.count(node.endpoint);
    }
  };
  for (size_t n = 0; n < net.network.size(); ++n) {
    const Endpoint node = net.EndpointOf(net.network[n]);
    const DhtHost& honest = net.network[net.network.size() - 1 - n];
    asker.Say(node, dht::krpc::FindNode{asker.id, honest.id(), {}});
    asker.Say(node, dht::krpc::FindNode{asker.id, silent[n % silent.size()]->id, {}});
    net.world.RunFor(milliseconds(20));
  }
  net.world.RunFor(seconds(2));
  EXPECT_GT(handed_on, 600u);
  trace = net.world.trace_hash();
  return handed_on_dead;
}

TEST(DhtAdversaries, ContactsThatNeverAnsweredAreNotHandedOn) {
  Attack(DeadHandedOn, {.verification = false}, 0, 5);
}

// Nodes that say they are somebody else: from addresses of their own they ask and answer under the
// ids of 20 honest nodes. The share of those nodes' places that they have taken, in percent.
size_t PercentUsurped(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AttackedNetwork net(seed, 100, With(defences));
  std::map<NodeId, Endpoint> honest;
  for (size_t i = 0; i < 20; ++i) {
    honest[net.network[5 * i].id()] = net.EndpointOf(net.network[5 * i]);
  }
  std::set<Endpoint> spoofers;
  size_t answers = 0;
  for (size_t i = 0; i < 20; ++i) {
    Adversary& spoofer = Adversary::Add(net.world);
    spoofers.insert(spoofer.endpoint());
    spoofer.id = net.network[5 * i].id();
    spoofer.hear = [&spoofer, &answers](Time, const Endpoint& from, const Message& message) {
      if (std::holds_alternative<dht::krpc::Reply>(message.body)) return;
      dht::krpc::Answer answer;
      answer.id = spoofer.id;
      answer.nodes.emplace();
      ++answers;
      spoofer.Say(from, message.transaction_id, answer);
    };
    for (DhtHost* host : net.network.hosts()) {
      spoofer.Say(net.EndpointOf(*host), dht::krpc::Ping{spoofer.id});
      // Who pings back only if the id is new to it is asked to by its own lookups.
      host->node().Hear(net.world.now(), spoofer.endpoint());
      net.world.Touch(host->index());
    }
    net.world.RunFor(seconds(5));
  }
  net.world.RunFor(minutes(30));
  EXPECT_GT(answers, 500u) << "the spoofers were asked";
  size_t held = 0;
  size_t usurped = 0;
  for (DhtHost* host : net.network.hosts()) {
    for (const dht::Contact& contact : host->node().contacts()) {
      const auto owner = honest.find(contact.id);
      if (owner == honest.end()) continue;
      held += owner->second == contact.endpoint ? 1 : 0;
      usurped += spoofers.count(contact.endpoint);
    }
  }
  size_t found = 0;
  for (size_t i = 0; i < 20; ++i) {
    InfoHash hash = InfoHash::From(net.network[5 * i].id());
    hash.bytes[19] ^= std::byte{1};
    LookupProbe announce;
    announce.Announce(net.world, net.network[5 * i + 1], hash, 7000);
    net.world.RunFor(seconds(10));
    LookupProbe find;
    find.Find(net.world, net.network[5 * i + 3], hash);
    net.world.RunFor(seconds(10));
    found += find.found.size();
  }
  if (defences.identities) {
    EXPECT_EQ(found, 20u);
  }
  std::printf("  %zu places held by their owners, %zu by spoofers\n", held, usurped);
  trace = net.world.trace_hash();
  return 100 * usurped / (usurped + held);
}

// Where a bucket has no place for the owner, nobody else holds his id either; some nodes have never
// met an owner before they met who says he is him.
TEST(DhtAdversaries, SpoofersDoNotTakeThePlacesOfThoseWhoseIdsTheyClaim) {
  Attack(PercentUsurped, {.identities = false}, 12, 50);
}

// Nodes that have another id each time: how many places too many they have in any table.
size_t PlacesTooMany(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AttackedNetwork net(seed, 60, With(defences));
  std::set<Endpoint> changing;
  for (size_t i = 0; i < 10; ++i) {
    Adversary& spoofer = Adversary::Add(net.world);
    changing.insert(spoofer.endpoint());
    spoofer.hear = [&spoofer](Time, const Endpoint& from, const Message& message) {
      if (std::holds_alternative<dht::krpc::Reply>(message.body)) return;
      dht::krpc::Answer answer;
      answer.id = spoofer.random().NextId<NodeId>();
      answer.nodes.emplace();
      spoofer.Say(from, message.transaction_id, answer);
    };
    for (int round = 0; round < 30; ++round) {
      for (DhtHost* host : net.network.hosts()) {
        const NodeId id = spoofer.random().NextId<NodeId>();
        spoofer.Say(net.EndpointOf(*host), dht::krpc::Ping{id});
      }
      net.world.RunFor(seconds(5));
    }
  }
  size_t places = 0;
  size_t owed = 0;
  for (DhtHost* host : net.network.hosts()) {
    std::set<Endpoint> held;
    for (const dht::Contact& contact : host->node().contacts()) {
      if (changing.count(contact.endpoint) == 0) continue;
      ++places;
      held.insert(contact.endpoint);
    }
    owed += held.size();
  }
  EXPECT_GT(places, 0u) << "they got in";
  trace = net.world.trace_hash();
  return places - owed;
}

TEST(DhtAdversaries, WhoChangesItsIdHasOnePlaceAtMost) {
  Attack(PlacesTooMany, {.identities = false}, 0, 10);
}

}  // namespace
}  // namespace starling::sim
