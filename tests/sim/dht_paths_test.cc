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

#include "tests/dht/items.h"
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

// What two paths cost and that they end where one does, among the honest.
TEST(DhtPaths, TwoPathsCostLittleAndFindTheSame) {
  EachRunTwice([](uint64_t seed) {
    std::array<double, 2> queries{};
    uint64_t trace = 0;
    for (size_t paths = 1; paths <= 2; ++paths) {
      World world(Lossless(seed));
      DhtPopulation network(world, 1000, WithPaths(paths));
      world.RunFor(minutes(16));
      network.StartWithReadyTables();
      SeededRandom random = SeededRandom::For(seed, 0, 96);
      std::vector<std::unique_ptr<LookupProbe>> probes;
      constexpr size_t kAnnounces = 300;
      for (size_t i = 0; i < kAnnounces; ++i) {
        probes.push_back(std::make_unique<LookupProbe>());
        DhtHost& host = network[random.Below(1000)];
        probes.back()->Announce(world, host, random.NextId<InfoHash>(), 7000);
        world.RunFor(milliseconds(50));
      }
      world.RunFor(seconds(20));
      int announced = 0;
      for (const auto& probe : probes) {
        EXPECT_TRUE(probe->done);
        queries[paths - 1] += double(probe->report.queries) / kAnnounces;
        announced += probe->report.announced;
      }
      EXPECT_GE(announced, 8 * int(kAnnounces) - 8);
      trace = HashNumbers({trace, world.trace_hash()});
    }
    std::printf("  queries of an announce: %.2f by one path, %.2f by two\n", queries[0],
                queries[1]);
    EXPECT_LE(queries[1], 1.5 * queries[0]);
    return trace;
  });
}

}  // namespace
}  // namespace starling::sim
