// Worlds in which the network fails for long and comes back: whoever was cut off finds the others
// again without being told.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "dht/tuned_variant.h"
#include "tests/support/announced_network.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;

// How many nodes have a contact on the other side.
size_t CountAcross(DividedNetwork& net) {
  std::set<Endpoint> odd;
  for (size_t i = 1; i < net.network.size(); i += 2) {
    odd.insert(net.world.endpoint(net.network[i].index()));
  }
  size_t across = 0;
  for (size_t i = 0; i < net.network.size(); ++i) {
    const std::vector<dht::Contact> contacts = net.network[i].node().contacts();
    across += std::any_of(contacts.begin(), contacts.end(), [&](const dht::Contact& contact) {
      return (odd.count(contact.endpoint) != 0) != (i % 2 == 1);
    });
  }
  return across;
}

// Two halves that could not reach each other until no table held anybody of the other side; the
// number of values that are found across forty minutes after that is over, of 2 x 60.
size_t FoundAfterALongPartition(uint64_t seed, Duration length, bool remembers, uint64_t& trace) {
  dht::Options nodes = SimulatedDhtOptions();
  nodes.remembers_acquaintances = remembers;
  DividedNetwork net(Lossless(seed), 300, 60, nodes);
  net.Divide();
  net.world.RunFor(length);
  EXPECT_EQ(CountAcross(net), 0u);
  net.Heal();
  net.world.RunFor(minutes(40));
  net.AnnounceAnew();
  const size_t found = net.FoundByEven() + net.FoundByOdd();
  trace = net.world.trace_hash();
  return found;
}

TEST(DhtRecovery, TwoHalvesThatForgotEachOtherFindTogether) {
  EachRunTwice([](uint64_t seed) {
    uint64_t trace = 0;
    EXPECT_EQ(FoundAfterALongPartition(seed, minutes(30), true, trace), 120u);
    return trace;
  });
}

TEST(DhtRecovery, TwoHalvesFindTogetherAfterHalfADay) {
  uint64_t trace = 0;
  EXPECT_GE(FoundAfterALongPartition(testing_support::TestSeed(), hours(12), true, trace), 118u);
}

TEST(DhtRecovery, TwoHalvesThatRememberNobodyStayTwo) {
  uint64_t trace = 0;
  EXPECT_LT(FoundAfterALongPartition(testing_support::TestSeed(), minutes(30), false, trace), 90u);
}

// A host that can be put to sleep: it hears nothing, does nothing, and its clock jumps when it
// wakes. What its network says meanwhile is lost.
class Sleeper final : public Participant {
 public:
  Sleeper(World& world, NodeIndex node, std::vector<Endpoint> routers, const dht::Options& options)
      : host_(world, node, std::make_shared<const dht::Options>(options)) {
    host_.SetRouters(std::move(routers));
  }
  void OnPowerOn(Time now) override { host_.OnPowerOn(now); }
  void OnPowerOff(Time now) override { host_.OnPowerOff(now); }
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    if (!is_asleep) host_.OnDatagram(now, from, bytes);
  }
  void OnStream(Time, std::unique_ptr<Stream>) override {}
  void OnDeadline(Time now) override {
    if (!is_asleep) host_.OnDeadline(now);
  }
  Time next_deadline() const override { return is_asleep ? kNever : host_.next_deadline(); }
  DhtHost& host() { return host_; }

  bool is_asleep = false;

 private:
  DhtHost host_;
};

// A network, a node that lives in it, and a switch for that node's own network.
struct LonelyNode {
  explicit LonelyNode(uint64_t seed, const dht::Defences& defences = {})
      : net(Lossless(seed), 200, 20) {
    dht::Options options = SimulatedDhtOptions();
    options.defences = defences;
    const NodeIndex node = net.world.AddHost();
    const std::vector<Endpoint> routers = {net.world.endpoint(net.network[0].index())};
    auto owned = std::make_unique<Sleeper>(net.world, node, routers, options);
    sleeper = owned.get();
    net.world.SetParticipant(node, std::move(owned));
    net.world.PowerOn(node);
    net.world.RunFor(minutes(40));
    net.AnnounceAll();
    known = host().node().contacts().size();
    EXPECT_GT(known, 30u);
  }
  DhtHost& host() { return sleeper->host(); }
  void SetAsleep(bool is_asleep) {
    sleeper->is_asleep = is_asleep;
    net.world.Touch(host().index());
  }
  void CutOff() {
    cut = &net.world.rules().Add(std::make_unique<Partition>());
    cut->Put(host().index(), 1);
  }
  void Reconnect() { net.world.rules().Remove(*cut); }
  // All that it keeps, whether it answers now or not.
  size_t contacts() { return host().node().stats().table_nodes; }
  uint64_t queries() { return host().node().stats().queries_out; }
  size_t FoundByIt() {
    return net.CountFound([this]() -> DhtHost& { return host(); });
  }

  AnnouncedNetwork net;
  Sleeper* sleeper = nullptr;
  Partition* cut = nullptr;
  size_t known = 0;
};

TEST(DhtRecovery, ANodeThatSleptForHoursWakesWithItsTable) {
  EachRunTwice([](uint64_t seed) {
    LonelyNode lonely(seed);
    lonely.SetAsleep(true);
    lonely.net.world.RunFor(hours(8));
    const uint64_t asked = lonely.queries();
    lonely.SetAsleep(false);
    lonely.net.world.RunFor(seconds(60));
    EXPECT_GE(lonely.contacts(), lonely.known * 9 / 10);
    EXPECT_LT(lonely.queries() - asked, 4 * lonely.known) << "about one ping each, and lookups";
    lonely.net.AnnounceAnew();
    EXPECT_EQ(lonely.FoundByIt(), 20u);
    return lonely.net.world.trace_hash();
  });
}

// The machine wakes before its network does.
TEST(DhtRecovery, ATableSurvivesWakingWithoutANetwork) {
  EachRunTwice([](uint64_t seed) {
    LonelyNode lonely(seed);
    lonely.SetAsleep(true);
    lonely.net.world.RunFor(hours(8));
    lonely.CutOff();
    const uint64_t asked = lonely.queries();
    lonely.SetAsleep(false);
    lonely.net.world.RunFor(minutes(3));
    EXPECT_LT(lonely.queries() - asked, 150u);
    EXPECT_GE(lonely.contacts(), lonely.known * 8 / 10);
    lonely.Reconnect();
    lonely.net.world.RunFor(minutes(2));
    EXPECT_GE(lonely.contacts(), lonely.known * 9 / 10);
    lonely.net.AnnounceAnew();
    EXPECT_EQ(lonely.FoundByIt(), 20u);
    return lonely.net.world.trace_hash();
  });
}

TEST(DhtRecovery, ATableSurvivesAnOutageOfHoursWithoutAFlood) {
  EachRunTwice([](uint64_t seed) {
    LonelyNode lonely(seed);
    lonely.CutOff();
    const uint64_t asked = lonely.queries();
    lonely.net.world.RunFor(hours(3));
    EXPECT_LT(lonely.queries() - asked, 3u * 60 * 8) << "eight a minute";
    EXPECT_GE(lonely.contacts(), lonely.known * 8 / 10);
    lonely.Reconnect();
    lonely.net.world.RunFor(minutes(2));
    lonely.net.AnnounceAnew();
    EXPECT_EQ(lonely.FoundByIt(), 20u);
    return lonely.net.world.trace_hash();
  });
}

// What it is for: a node that takes silence for the death of the others knows nobody in the end.
TEST(DhtRecovery, ATableIsLostInAnOutageThatIsNotNoticed) {
  EachRunTwice([](uint64_t seed) {
    LonelyNode lonely(seed, {.outages = false});
    lonely.CutOff();
    lonely.net.world.RunFor(hours(3));
    EXPECT_LT(lonely.contacts(), lonely.known / 10);
    return lonely.net.world.trace_hash();
  });
}

// Nine of ten bootstrap nodes do not exist any more.
std::vector<Endpoint> MostlyDeadRouters(World& world, DhtHost& living) {
  std::vector<Endpoint> routers;
  for (int i = 0; i < 9; ++i) routers.push_back(world.endpoint(world.AddHost()));
  routers.insert(routers.begin() + 6, world.endpoint(living.index()));
  return routers;
}

// How many contacts a newcomer has after ten seconds.
size_t JoinedAmongDeadRouters(uint64_t seed, const dht::Defences& defences, uint64_t& trace) {
  AnnouncedNetwork net(Lossless(seed), 300, 20);
  net.AnnounceAll();
  dht::Options options = SimulatedDhtOptions();
  options.defences = defences;
  DhtHost& newcomer = AddDhtHost(net.world, options);
  newcomer.SetRouters(MostlyDeadRouters(net.world, net.network[7]));
  net.world.PowerOn(newcomer.index());
  net.world.RunFor(seconds(10));
  const size_t contacts = newcomer.node().contacts().size();
  const size_t found = net.CountFound([&]() -> DhtHost& { return newcomer; });
  if (contacts > 0) {
    EXPECT_EQ(found, 20u);
  }
  trace = net.world.trace_hash();
  return contacts;
}

TEST(DhtRecovery, ANodeJoinsWithinTenSecondsWhenNineOfTenRoutersAreGone) {
  EachRunTwice([](uint64_t seed) {
    uint64_t trace = 0;
    EXPECT_GE(JoinedAmongDeadRouters(seed, {}, trace), 16u);
    uint64_t patient = 0;
    EXPECT_EQ(JoinedAmongDeadRouters(seed, {.all_routers = false}, patient), 0u)
        << "one after another takes a minute";
    return HashNumbers({trace, patient});
  });
}

// After a power cut everywhere all begin at once, with nothing but routers of which one in ten is
// there, and it knows nobody either.
TEST(DhtRecovery, ANetworkFormsWithinTwoMinutesWhenNineOfTenRoutersAreGone) {
  EachRunTwice([](uint64_t seed) {
    World world(Lossless(seed));
    DhtPopulation network(world, 300);
    const std::vector<Endpoint> routers = MostlyDeadRouters(world, network[0]);
    for (DhtHost* host : network.hosts()) {
      host->SetRouters(routers);
      world.PowerOn(host->index());
    }
    world.RunFor(minutes(2));
    SeededRandom random = SeededRandom::For(seed, 0, 95);
    size_t found = 0;
    for (int i = 0; i < 30; ++i) {
      const InfoHash target = random.NextId<InfoHash>();
      testing_support::LookupProbe announce;
      announce.Announce(world, network[static_cast<size_t>(random.Below(300))], target, 7000);
      world.RunFor(seconds(15));
      testing_support::LookupProbe find;
      find.Find(world, network[static_cast<size_t>(random.Below(300))], target);
      world.RunFor(seconds(15));
      found += find.found.empty() ? 0 : 1;
    }
    EXPECT_EQ(found, 30u);
    return world.trace_hash();
  });
}

// Of what all tables hold 40 % has just died: how many announces of the living are found by others,
// of 100, and how long a search took on average.
struct AmongTheDead {
  size_t found = 0;
  Duration elapsed{};
  uint64_t trace = 0;
};

AmongTheDead LookUpAmongTheDead(uint64_t seed, const dht::Options& nodes) {
  constexpr size_t kNodes = 1000;
  constexpr int kLookups = 100;
  World world(Lossless(seed));
  DhtPopulation network(world, kNodes, nodes);
  world.RunFor(minutes(16));
  network.StartWithReadyTables();
  SeededRandom random = SeededRandom::For(seed, 0, 94);
  std::vector<DhtHost*> living(network.hosts().begin(), network.hosts().end());
  random.Shuffle(std::span(living));
  for (; living.size() > kNodes * 6 / 10; living.pop_back()) world.Crash(living.back()->index());
  const auto any = [&]() -> DhtHost& {
    return *living[static_cast<size_t>(random.Below(living.size()))];
  };
  std::vector<InfoHash> targets;
  std::vector<std::unique_ptr<testing_support::LookupProbe>> probes;
  for (int i = 0; i < kLookups; ++i) {
    targets.push_back(random.NextId<InfoHash>());
    probes.push_back(std::make_unique<testing_support::LookupProbe>());
    probes.back()->Announce(world, any(), targets.back(), 7000);
    world.RunFor(milliseconds(100));
  }
  world.RunFor(seconds(30));
  for (const InfoHash& target : targets) {
    probes.push_back(std::make_unique<testing_support::LookupProbe>());
    probes.back()->Find(world, any(), target);
    world.RunFor(milliseconds(100));
  }
  world.RunFor(seconds(30));
  AmongTheDead result;
  for (size_t i = 0; i < probes.size(); ++i) {
    EXPECT_TRUE(probes[i]->done);
    if (i < kLookups) continue;
    result.found += probes[i]->found.empty() ? 0 : 1;
    result.elapsed += probes[i]->report.elapsed / kLookups;
  }
  result.trace = world.trace_hash();
  return result;
}

dht::Options WithShortTimeout(Duration short_timeout) {
  dht::Options options = SimulatedDhtOptions();
  options.short_timeout = short_timeout;
  return options;
}

TEST(DhtRecovery, AnnouncesAreFoundWhereFortyPercentOfTheEntriesAreDead) {
  EachRunTwice([](uint64_t seed) {
    const AmongTheDead plain = LookUpAmongTheDead(seed, WithShortTimeout(milliseconds(500)));
    EXPECT_GE(plain.found, 99u);
    const AmongTheDead waiting = LookUpAmongTheDead(seed, WithShortTimeout(Duration::zero()));
    EXPECT_GT(waiting.elapsed, plain.elapsed * 5 / 4);
    dht::Options options = SimulatedDhtOptions();
    options.variant = dht::MakeTunedVariant(dht::DefaultTuning());
    const AmongTheDead fast = LookUpAmongTheDead(seed, options);
    EXPECT_GE(fast.found, 99u);
    EXPECT_LT(fast.elapsed, plain.elapsed);
    std::printf("  found %zu %zu %zu, after %lld %lld %lld ms\n", plain.found, waiting.found,
                fast.found, (long long)plain.elapsed.count() / 1000,
                (long long)waiting.elapsed.count() / 1000, (long long)fast.elapsed.count() / 1000);
    return HashNumbers({plain.trace, waiting.trace, fast.trace});
  });
}

}  // namespace
}  // namespace starling::sim
