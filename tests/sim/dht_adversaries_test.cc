// Worlds with adversaries who know the protocol: thieves of tokens, flooders of the peer store,
// nodes that do not answer and those that
// name them. In each the attack is shown to reach its target; what stops it is
// the one defence that the test is about.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dht/krpc_writer.h"
#include "dht/peer_store.h"
#include "sim/population.h"
#include "tests/support/dht_probe.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using dht::krpc::Message;
using testing_support::EachRunTwice;
using testing_support::LookupProbe;

// A host that says what a test wants it to say.
class Adversary final : public Participant {
 public:
  using Hear = std::function<void(Time now, const Endpoint& from, const Message& message)>;

  explicit Adversary(World& world) : world_(world), index_(world.AddHost()) {
    random_ = std::make_unique<SeededRandom>(world.RandomFor(index_, Purpose::kBehaviour));
    id = random_->NextId<NodeId>();
  }
  // The world owns it from now on.
  static Adversary& Add(World& world) {
    auto adversary = std::make_unique<Adversary>(world);
    Adversary& added = *adversary;
    world.SetParticipant(added.index_, std::move(adversary));
    world.PowerOn(added.index_);
    return added;
  }

  template <class Body>
  void Say(const Endpoint& to, ByteView transaction, const Body& body) {
    dht::krpc::Envelope envelope;
    envelope.transaction_id = transaction;
    port_.Send(world_.now(), to,
               [&](ByteSpan space) { return dht::krpc::Write(space, envelope, body); });
  }
  template <class Body>
  void Say(const Endpoint& to, const Body& body) {
    Say(to, AsBytes("evil"), body);
  }
  // The token that `node` gives it for `hash`.
  std::string TokenOf(const Endpoint& node, const InfoHash& hash) {
    std::string token;
    hear = [&](Time, const Endpoint& from, const Message& message) {
      const auto* reply = std::get_if<dht::krpc::Reply>(&message.body);
      if (from == node && reply != nullptr) token = std::string(AsText(reply->token));
    };
    Say(node, dht::krpc::GetPeers{id, hash, {}});
    world_.RunFor(seconds(2));
    hear = nullptr;
    return token;
  }

  void OnPowerOn(Time) override {}
  void OnPowerOff(Time) override {}
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    const auto message = dht::krpc::Parse(bytes);
    if (hear && message.has_value()) hear(now, from, *message);
  }
  void OnStream(Time, std::unique_ptr<Stream>) override {}
  void OnDeadline(Time) override {}
  Time next_deadline() const override { return kNever; }

  Endpoint endpoint() const { return world_.endpoint(index_); }
  SeededRandom& random() { return *random_; }

  NodeId id;
  Hear hear;

 private:
  World& world_;
  NodeIndex index_;
  SimPort port_{world_.datagrams(), index_};
  std::unique_ptr<SeededRandom> random_;
};

WorldOptions Lossless(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.link.loss_ppm = 0;
  return options;
}

struct AttackedNetwork {
  AttackedNetwork(uint64_t seed, size_t size) : world(Lossless(seed)), network(world, size) {
    network.JoinHonestly(milliseconds(200));
    world.RunFor(milliseconds(200) * static_cast<int64_t>(size) + minutes(3));
  }
  Endpoint EndpointOf(DhtHost& host) { return world.endpoint(host.index()); }

  World world;
  DhtPopulation network;
};

TEST(DhtAdversaries, ThievesCannotAnnounceWithTheTokensOfOthers) {
  EachRunTwice([](uint64_t seed) {
    AttackedNetwork net(seed, 100);
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
    Endpoint only = owner.endpoint();
    only.port = 7000;
    EXPECT_EQ(probe.found, std::set<Endpoint>{only}) << "whose the token was";
    return net.world.trace_hash();
  });
}

TEST(DhtAdversaries, AFlooderDoesNotPushOutWhatOthersStored) {
  EachRunTwice([](uint64_t seed) {
    AttackedNetwork net(seed, 50);
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
    EXPECT_LE(victim.node().stats().stored_peers, before + dht::PeerStore::kPerSourceMax);
    EXPECT_GE(victim.node().stats().stored_peers, before + dht::PeerStore::kPerSourceMax / 2)
        << "the flood arrived";
    for (const InfoHash& hash : stored) {
      LookupProbe probe;
      probe.Find(net.world, victim, hash);
      net.world.RunFor(seconds(10));
      EXPECT_EQ(probe.found.size(), 1u);
    }
    return net.world.trace_hash();
  });
}

// Two defences stand behind each other: who never answered does not enter a table, and who is not
// good is not handed out.
TEST(DhtAdversaries, ContactsThatNeverAnsweredAreNotHandedOn) {
  EachRunTwice([](uint64_t seed) {
    AttackedNetwork net(seed, 60);
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
      net.world.RunFor(milliseconds(200));
    }
    net.world.RunFor(seconds(2));
    EXPECT_GT(handed_on, 600u);
    EXPECT_EQ(handed_on_dead, 0u);
    return net.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
