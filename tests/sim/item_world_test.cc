// Items (BEP 44) in worlds of hundreds of DHT nodes: put by one, found by others when it has gone,
// among lost datagrams, and among neighbours that forge, replay or forget.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dht/krpc_items.h"
#include "sim/population.h"
#include "tests/dht/items.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using dht::Immutable;
using dht::Item;
using dht::ItemCollector;
using dht::ItemPut;
using dht::ItemTarget;
using dht::Signed;
using testing_support::EachRunTwice;

WorldOptions LosslessWorld(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.link.loss_ppm = 0;
  return options;
}

struct ItemWorld {
  ItemWorld(const WorldOptions& options, size_t size)
      : world(options), network(world, size), random(SeededRandom::For(options.seed, 0, 97)) {
    world.RunFor(minutes(16));
    network.StartWithReadyTables();
  }
  DhtHost& Any() { return network[static_cast<size_t>(random.Below(network.size()))]; }
  ItemCollector Put(DhtHost& host, ItemPut put) {
    ItemCollector sink;
    host.node().PutItem(world.now(), std::move(put), sink);
    world.Touch(host.index());
    world.RunFor(seconds(30));
    EXPECT_EQ(sink.done, 1);
    return sink;
  }
  ItemCollector Get(DhtHost& host, const ItemTarget& target) {
    ItemCollector sink;
    host.node().GetItem(world.now(), target, "", sink);
    world.Touch(host.index());
    world.RunFor(seconds(30));
    EXPECT_EQ(sink.done, 1);
    return sink;
  }

  World world;
  DhtPopulation network;
  SeededRandom random;
};

TEST(ItemWorld, ItemsAreFoundAfterTheirPuttersLeft) {
  EachRunTwice([](uint64_t seed) {
    ItemWorld net(LosslessWorld(seed), 400);
    std::vector<Item> items;
    for (int i = 0; i < 20; ++i) {
      const std::string text = absl::StrCat("item ", i);
      items.push_back(i % 2 == 0 ? Immutable(text) : Signed(i, text, "", i));
      DhtHost& putter = net.network[static_cast<size_t>(i)];
      EXPECT_EQ(net.Put(putter, ItemPut::Of(items.back())).report.stored, 8);
      net.world.Crash(putter.index());
    }
    for (const Item& item : items) {
      DhtHost& reader = net.network[100 + static_cast<size_t>(net.random.Below(300))];
      EXPECT_EQ(net.Get(reader, item.target()).report.found, item);
    }
    return net.world.trace_hash();
  });
}

TEST(ItemWorld, LostDatagramsHideNoItem) {
  EachRunTwice([](uint64_t seed) {
    WorldOptions options = LosslessWorld(seed);
    options.link.loss_ppm = 50'000;
    ItemWorld net(options, 300);
    int stored = 0;
    for (int i = 0; i < 20; ++i) {
      const Item item = Signed(1, absl::StrCat("item ", i), "", i);
      stored += net.Put(net.Any(), ItemPut::Of(item)).report.stored;
      EXPECT_EQ(net.Get(net.Any(), item.target()).report.found, item);
    }
    EXPECT_GE(stored, 20 * 6) << "of 8 each, one in ten loses its query or its answer";
    return net.world.trace_hash();
  });
}

// Three of the eight that hold it miss an update; whoever asks still finds the newest one.
TEST(ItemWorld, TheNewestVersionWinsWhereSomeMissedIt) {
  EachRunTwice([](uint64_t seed) {
    ItemWorld net(LosslessWorld(seed), 300);
    const ItemTarget target = Signed(1, "one").target();
    EXPECT_EQ(net.Put(net.Any(), ItemPut::Of(Signed(1, "one"))).report.stored, 8);
    const auto holders = net.network.Closest(NodeId::From(target), 3);
    Partition& partition = net.world.rules().Add(std::make_unique<Partition>());
    for (DhtHost* holder : holders) partition.Put(holder->index(), 1);
    DhtHost& writer =
        net.network[0].index() == holders[0]->index() ? net.network[1] : net.network[0];
    EXPECT_GE(net.Put(writer, ItemPut::Of(Signed(2, "two"))).report.stored, 5);
    net.world.rules().Remove(partition);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(net.Get(net.Any(), target).report.found, Signed(2, "two"));
    }
    return net.world.trace_hash();
  });
}

TEST(ItemWorld, AKeptItemSurvivesTheEndOfAllWhoHeldIt) {
  EachRunTwice([](uint64_t seed) {
    ItemWorld net(LosslessWorld(seed), 200);
    const Item item = Signed(1, "kept");
    DhtHost& keeper = net.network[0];
    net.Put(keeper, ItemPut::Of(item));
    keeper.node().KeepItem(net.world.now(), item);
    net.world.Touch(keeper.index());
    for (int round = 0; round < 2; ++round) {
      for (DhtHost* holder : net.network.Closest(NodeId::From(item.target()), 8)) {
        if (holder != &keeper) net.world.Crash(holder->index());
      }
      net.world.RunFor(minutes(70));
    }
    DhtHost* reader = net.network.Closest(keeper.id(), 20).back();
    EXPECT_EQ(net.Get(*reader, item.target()).report.found, item);
    return net.world.trace_hash();
  });
}

// A host nearest to a target that stores nothing and answers every `get` with what it likes.
class LyingHost final : public Participant {
 public:
  LyingHost(World& world, NodeIndex node, const NodeId& id, const Item& lie)
      : world_(world), node_(node), port_(world.datagrams(), node), id_(id), lie_(lie) {}

  void OnPowerOn(Time) override {}
  void OnPowerOff(Time) override {}
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    const auto message = dht::krpc::Parse(bytes);
    if (!message || std::holds_alternative<dht::krpc::Reply>(message->body)) return;
    if (std::holds_alternative<dht::krpc::Get>(message->body)) ++gets_;
    dht::krpc::ItemAnswer answer;
    answer.id = id_;
    answer.token = AsBytes("tokn");
    answer.item = lie_.view();
    if (lie_.is_mutable) answer.seq = lie_.seq;
    dht::krpc::Envelope envelope;
    envelope.transaction_id = message->transaction_id;
    port_.Send(now, from, [&](ByteSpan space) { return Write(space, envelope, answer); });
  }
  void OnStream(Time, std::unique_ptr<Stream>) override {}
  void OnDeadline(Time) override {}
  Time next_deadline() const override { return kNever; }

  Endpoint endpoint() const { return world_.endpoint(node_); }
  int gets() const { return gets_; }

 private:
  World& world_;
  NodeIndex node_;
  SimPort port_;
  NodeId id_;
  Item lie_;
  int gets_ = 0;
};

// Switches on `count` liars that stand nearer to `target` than anybody, and lets all hear of them.
std::vector<LyingHost*> AddLiars(ItemWorld& net, const ItemTarget& target, const Item& lie,
                                 int count) {
  std::vector<LyingHost*> liars;
  for (int i = 1; i <= count; ++i) {
    NodeId id = NodeId::From(target);
    id.bytes[19] ^= static_cast<std::byte>(i);
    const NodeIndex node = net.world.AddHost();
    auto liar = std::make_unique<LyingHost>(net.world, node, id, lie);
    liars.push_back(liar.get());
    net.world.SetParticipant(node, std::move(liar));
    net.world.PowerOn(node);
    for (DhtHost* host : net.network.hosts()) {
      host->node().Hear(net.world.now(), liars.back()->endpoint());
      net.world.Touch(host->index());
    }
    net.world.RunFor(seconds(5));
  }
  return liars;
}

TEST(ItemWorld, LiarsNearestToAnItemCanNeitherForgeNorReplayIt) {
  EachRunTwice([](uint64_t seed) {
    ItemWorld net(LosslessWorld(seed), 300);
    const Item old = Signed(1, "old");
    Item forged = Signed(9, "forged");
    forged.signature.bytes[20] ^= std::byte{1};
    // The same key's item stands where the forged and the replayed one are told.
    const auto forgers = AddLiars(net, old.target(), forged, 2);
    const auto replayers = AddLiars(net, old.target(), old, 2);
    const Item now = Signed(2, "now");
    EXPECT_GE(net.Put(net.Any(), ItemPut::Of(now)).report.stored, 4);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(net.Get(net.Any(), now.target()).report.found, now);
    }
    EXPECT_GT(forgers[0]->gets() + replayers[0]->gets(), 0);
    return net.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
