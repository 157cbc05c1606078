// One hostile node where an announce must pass: it names accomplices and nobody else, who claim to
// stand right at the key and name each other. A plain lookup ends among them; one that goes
// disjoint paths does not (dht/lookup_paths.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <vector>

#include "dht/tuned_variant.h"
#include "tests/support/adversary.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using dht::krpc::Message;
using testing_support::EachRunTwice;
using testing_support::LookupProbe;

dht::Options WithPaths(size_t paths) {
  dht::Options options = SimulatedDhtOptions();
  options.announce_paths = static_cast<uint8_t>(paths);
  return options;
}

class Steered {
 public:
  Steered(uint64_t seed, size_t paths) : net(seed, 200, WithPaths(paths)) {
    for (uint8_t i = 0; i < 16; ++i) {
      accomplices_.push_back(&Adversary::Add(net.world));
      Adversary& accomplice = *accomplices_.back();
      accomplice.hear = [this, &accomplice, i](Time, const Endpoint& from, const Message& message) {
        Lie(accomplice, from, message, i);
      };
    }
    // It is what an announce meets on its way: an ordinary member until it is asked for a key.
    gate_ = &Adversary::Add(net.world);
    gate_->hear = [this](Time, const Endpoint& from, const Message& message) {
      Lie(*gate_, from, message, kHonestId);
    };
    for (DhtHost* host : net.network.hosts()) {
      gate_->Say(net.EndpointOf(*host), dht::krpc::Ping{gate_->id});
      net.world.RunFor(milliseconds(50));
    }
    net.world.RunFor(minutes(20));
  }

  // A key to which nobody is nearer than the hostile node.
  InfoHash NextKey() {
    InfoHash key = InfoHash::From(gate_->id);
    for (size_t i = 8; i < key.bytes.size(); ++i) {
      key.bytes[i] = static_cast<std::byte>(gate_->random().Below(256));
    }
    return key;
  }
  // How many honest nodes hold what the announce of a random node stores.
  size_t CountHonestHolders(DhtHost& announcer) {
    const InfoHash key = NextKey();
    const size_t before = CountStored();
    LookupProbe probe;
    probe.Announce(net.world, announcer, key, 7000);
    net.world.RunFor(seconds(30));
    EXPECT_TRUE(probe.done);
    return CountStored() - before;
  }

  AttackedNetwork net;

 private:
  static constexpr uint8_t kHonestId = 0xff;

  size_t CountStored() {
    size_t stored = 0;
    for (DhtHost* host : net.network.hosts()) stored += host->node().stats().stored_peers;
    return stored;
  }
  NodeId IdAt(const NodeId& key, uint8_t place) {
    NodeId id = key;
    id.bytes[19] ^= static_cast<std::byte>(1 + place);
    return id;
  }
  void Lie(Adversary& liar, const Endpoint& from, const Message& message, uint8_t place) {
    dht::krpc::Answer answer;
    answer.id = liar.id;
    answer.token = AsBytes("tokn");
    std::array<dht::Contact, 8> contacts;
    std::array<const dht::Contact*, 8> nodes;
    NodeId key;
    if (const auto* query = std::get_if<dht::krpc::GetPeers>(&message.body)) {
      key = NodeId::From(query->info_hash);
    } else if (const auto* get = std::get_if<dht::krpc::Get>(&message.body)) {
      key = NodeId::From(get->target);
    } else if (std::holds_alternative<dht::krpc::Reply>(message.body)) {
      return;
    }
    if (!key.is_zero()) {
      if (place != kHonestId) answer.id = IdAt(key, place);
      for (size_t i = 0; i < nodes.size(); ++i) {
        const auto other = static_cast<uint8_t>(liar.random().Below(accomplices_.size()));
        contacts[i].id = IdAt(key, other);
        contacts[i].endpoint = accomplices_[other]->endpoint();
        nodes[i] = &contacts[i];
      }
      answer.nodes = nodes;
    }
    liar.Say(from, message.transaction_id, answer);
  }

  std::vector<Adversary*> accomplices_;
  Adversary* gate_ = nullptr;
};

// Announces in so many networks, each into one that has not met the accomplices yet: how many of
// them no honest node holds, and how many honest nodes hold them in all.
struct Outcome {
  size_t captured = 0;
  size_t holders = 0;
  uint64_t trace = 0;
};

Outcome AnnounceInto(size_t networks, uint64_t seed, size_t paths) {
  Outcome outcome;
  for (size_t i = 0; i < networks; ++i) {
    Steered world(HashNumbers({seed, i}), paths);
    const size_t honest = world.CountHonestHolders(world.net.network[9 * i]);
    outcome.captured += honest == 0 ? 1 : 0;
    outcome.holders += honest;
    outcome.trace = HashNumbers({outcome.trace, world.net.world.trace_hash()});
  }
  return outcome;
}

TEST(DhtPaths, OneHostileNodeTakesAPlainAnnounceWhole) {
  EXPECT_GE(AnnounceInto(16, testing_support::TestSeed(), 1).captured, 14u);
}

TEST(DhtPaths, OneHostileNodeTakesHalfOfAnAnnounceThatGoesTwoPaths) {
  EachRunTwice([](uint64_t seed) {
    const Outcome outcome = AnnounceInto(16, seed, 2);
    EXPECT_EQ(outcome.captured, 0u);
    EXPECT_GE(outcome.holders, 16u * 3);
    return outcome.trace;
  });
}

// Of announces by random nodes of a converged network: queries on average, and how many of the
// eight places were reached.
struct AnnounceCost {
  double queries = 0;
  double announced = 0;
  uint64_t trace = 0;
};

AnnounceCost MeasureAnnounces(uint64_t seed, const dht::Options& options) {
  constexpr size_t kNodes = 1000;
  constexpr size_t kAnnounces = 300;
  World world(Lossless(seed));
  DhtPopulation network(world, kNodes, options);
  world.RunFor(minutes(16));
  network.StartWithReadyTables();
  SeededRandom random = SeededRandom::For(seed, 0, 96);
  std::vector<std::unique_ptr<LookupProbe>> probes;
  for (size_t i = 0; i < kAnnounces; ++i) {
    probes.push_back(std::make_unique<LookupProbe>());
    DhtHost& host = network[random.Below(kNodes)];
    probes.back()->Announce(world, host, random.NextId<InfoHash>(), 7000);
    world.RunFor(milliseconds(50));
  }
  world.RunFor(seconds(20));
  AnnounceCost cost;
  for (const auto& probe : probes) {
    EXPECT_TRUE(probe->done);
    cost.queries += static_cast<double>(probe->report.queries) / kAnnounces;
    cost.announced += static_cast<double>(probe->report.announced) / kAnnounces;
  }
  cost.trace = world.trace_hash();
  return cost;
}

// What two paths cost, among the honest.
TEST(DhtPaths, TwoPathsCostAtMostHalfMoreThanAPlainAnnounce) {
  EachRunTwice([](uint64_t seed) {
    const AnnounceCost one = MeasureAnnounces(seed, WithPaths(1));
    const AnnounceCost two = MeasureAnnounces(seed, WithPaths(2));
    dht::Options options = WithPaths(2);
    options.variant = dht::MakeTunedVariant(dht::DefaultTuning());
    const AnnounceCost fast = MeasureAnnounces(seed, options);
    std::printf("  queries of an announce: %.2f by one path, %.2f by two, %.2f if fast\n",
                one.queries, two.queries, fast.queries);
    EXPECT_LE(two.queries, 1.5 * one.queries);
    EXPECT_LE(fast.queries, 1.5 * one.queries);
    EXPECT_GE(two.announced, 7.99);
    EXPECT_GE(fast.announced, 7.99);
    return HashNumbers({one.trace, two.trace, fast.trace});
  });
}

}  // namespace
}  // namespace starling::sim
