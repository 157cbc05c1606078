#include "sim/world.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace starling::sim {
namespace {

// Does what its test says and writes down when it was woken.
struct Puppet final : Participant {
  explicit Puppet(World& from, NodeIndex self)
      : world(from), index(self), port(from.datagrams(), self) {}
  void OnPowerOn(Time) override { ++times_on; }
  void OnPowerOff(Time) override {
    ++times_off;
    deadline = kNever;
    stream.reset();
  }
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    datagrams.push_back(std::string(AsText(bytes).data(), bytes.size()));
    last_from = from;
    if (postpones) deadline = now + seconds(900);
  }
  void OnStream(Time, std::unique_ptr<Stream> accepted) override { stream = std::move(accepted); }
  void OnDeadline(Time now) override {
    woken.push_back(now);
    deadline = next.empty() ? kNever : next.front();
    if (!next.empty()) next.erase(next.begin());
  }
  Time next_deadline() const override { return deadline; }
  void Send(NodeIndex to, const std::string& text) {
    port.Send(world.now(), world.endpoint(to), [&](ByteSpan space) {
      std::memcpy(space.data(), text.data(), text.size());
      return text.size();
    });
  }

  World& world;
  NodeIndex index;
  SimPort port;
  Time deadline = kNever;
  std::vector<Time> next;
  std::vector<Time> woken;
  std::vector<std::string> datagrams;
  Endpoint last_from;
  std::unique_ptr<Stream> stream;
  bool postpones = false;
  int times_on = 0;
  int times_off = 0;
};

struct WorldTest : testing::Test {
  WorldTest() : world(Lossless()) {}
  static WorldOptions Lossless() {
    WorldOptions options;
    options.link.loss_ppm = 0;
    return options;
  }
  Puppet& Add() {
    const NodeIndex node = world.AddHost();
    auto puppet = std::make_unique<Puppet>(world, node);
    Puppet& added = *puppet;
    world.SetParticipant(node, std::move(puppet));
    world.PowerOn(node);
    return added;
  }
  static Time At(int64_t s) { return Time(seconds(s)); }

  World world;
};

TEST_F(WorldTest, WakesAParticipantAtEachOfItsDeadlines) {
  Puppet& puppet = Add();
  puppet.deadline = At(10);
  puppet.next = {At(20), At(3600)};
  world.Touch(puppet.index);
  world.RunUntil(At(5000));
  EXPECT_EQ(puppet.woken, (std::vector<Time>{At(10), At(20), At(3600)}));
  EXPECT_EQ(world.now(), At(5000));
}

TEST_F(WorldTest, WakesEarlierWhenADeadlineMovesForwardAndOnceWhenItMovesBack) {
  Puppet& puppet = Add();
  for (const int64_t s : {900, 500, 20, 10, 5}) {
    puppet.deadline = At(s);
    world.Touch(puppet.index);
  }
  world.RunUntil(At(7));
  EXPECT_EQ(puppet.woken, std::vector<Time>{At(5)});
  puppet.deadline = At(30);
  world.Touch(puppet.index);
  puppet.deadline = At(40);
  world.Touch(puppet.index);
  world.RunUntil(At(2000));
  EXPECT_EQ(puppet.woken, (std::vector<Time>{At(5), At(40)}));
}

// A node that plans something far off and is disturbed all the time must not leave an event behind
// for each disturbance.
TEST_F(WorldTest, KeepsFewEventsForANodeWhoseDeadlineComesAndGoes) {
  Puppet& puppet = Add();
  puppet.postpones = true;
  Puppet& other = Add();
  for (int i = 0; i < 5000; ++i) {
    other.Send(puppet.index, "x");
    world.RunFor(milliseconds(100));
    puppet.deadline = world.now() + milliseconds(50);
    puppet.next = {world.now() + seconds(900)};
    world.Touch(puppet.index);
    world.RunFor(milliseconds(100));
  }
  const uint64_t before = world.events();
  world.RunFor(hours(1));
  EXPECT_LT(world.events() - before, 20u);
}

TEST_F(WorldTest, RunsTheStepsOfAScriptInOrder) {
  std::string order;
  world.At(At(2), [&](Time) { order += 'b'; });
  world.At(At(1), [&](Time) {
    order += 'a';
    world.At(At(2), [&](Time now) {
      order += 'c';
      EXPECT_EQ(now, At(2));
    });
  });
  world.RunUntil(At(3));
  EXPECT_EQ(order, "abc");
}

TEST_F(WorldTest, AsksWhetherItIsDoneNowAndThen) {
  Puppet& puppet = Add();
  puppet.deadline = At(10);
  world.Touch(puppet.index);
  EXPECT_TRUE(world.RunUntil(At(60), seconds(1), [&] { return !puppet.woken.empty(); }));
  EXPECT_EQ(world.now(), At(10));
  EXPECT_FALSE(world.RunUntil(At(60), seconds(1), [] { return false; }));
  EXPECT_EQ(world.now(), At(60));
}

TEST_F(WorldTest, TellsNothingToAHostThatIsOff) {
  Puppet& a = Add();
  Puppet& b = Add();
  b.deadline = At(5);
  world.Touch(b.index);
  a.Send(b.index, "on its way");
  world.Crash(b.index);
  a.Send(b.index, "too late");
  world.RunUntil(At(10));
  EXPECT_TRUE(b.datagrams.empty());
  EXPECT_TRUE(b.woken.empty());
  EXPECT_EQ(b.times_off, 1);
  world.PowerOn(b.index);
  EXPECT_EQ(b.times_on, 2);
  a.Send(b.index, "again");
  world.RunUntil(At(20));
  EXPECT_EQ(b.datagrams, std::vector<std::string>{"again"});
  EXPECT_EQ(b.last_from, world.endpoint(a.index));
}

TEST_F(WorldTest, ClosesConnectionsWhenAHostIsSwitchedOffAndNotWhenItCrashes) {
  struct Watcher final : StreamHandler {
    void OnOpen(Time) override {}
    void OnData(Time, Slice) override {}
    void OnSent(Time) override {}
    void OnClosed(Time, absl::Status) override { closed = true; }
    bool closed = false;
  };
  for (const bool crash : {false, true}) {
    Puppet& a = Add();
    Puppet& b = Add();
    world.SetListening(b.index, true);
    Watcher watcher;
    Watcher far_end;
    const std::unique_ptr<Stream> stream =
        world.streams().Dial(world.now(), a.index, world.endpoint(b.index));
    stream->SetHandler(watcher);
    world.RunFor(seconds(2));
    ASSERT_NE(b.stream, nullptr);
    b.stream->SetHandler(far_end);
    crash ? world.Crash(b.index) : world.PowerOff(b.index);
    world.RunFor(minutes(2));
    EXPECT_EQ(watcher.closed, !crash);
  }
}

TEST_F(WorldTest, GivesTheSlotOfALeaverToAnotherHost) {
  Puppet& a = Add();
  const NodeIndex slot = Add().index;
  const Endpoint before = world.endpoint(slot);
  world.groups().Put(slot, world.groups().Add({std::nullopt, 0, 0, seconds(1)}));
  auto successor = std::make_unique<Puppet>(world, slot);
  Puppet& b = *successor;
  world.Replace(slot, std::move(successor));
  world.PowerOn(slot);
  EXPECT_NE(world.endpoint(slot), before);
  EXPECT_EQ(world.groups().Latency(slot, a.index), Duration(0));
  a.Send(slot, "welcome");
  world.RunUntil(At(5));
  EXPECT_EQ(b.datagrams.size(), 1u);
}

// A run of the engine alone, which no protocol has a part in, so its hash stays what it is. It must
// be the same with every compiler, build type and CPU.
TEST_F(WorldTest, HasTheSameTraceEverywhere) {
  WorldOptions options;
  options.seed = 2026;
  options.link.loss_ppm = 20'000;
  World noisy(options);
  std::vector<Puppet*> puppets;
  for (int i = 0; i < 40; ++i) {
    const NodeIndex node = noisy.AddHost();
    auto puppet = std::make_unique<Puppet>(noisy, node);
    puppets.push_back(puppet.get());
    noisy.SetParticipant(node, std::move(puppet));
    noisy.PowerOn(node);
  }
  Noise noise;
  noise.seed = 7;
  noise.reorder_ppm = 100'000;
  noise.duplicate_ppm = 100'000;
  noisy.rules().Add(std::make_unique<NoiseRule>(noise));
  SeededRandom random(1);
  for (int i = 0; i < 5000; ++i) {
    const size_t from = static_cast<size_t>(random.Below(40));
    const size_t to = static_cast<size_t>(random.Below(40));
    puppets[from]->Send(puppets[to]->index, std::string(1 + random.Below(500), 'q'));
    noisy.RunFor(milliseconds(static_cast<int64_t>(random.Below(20))));
  }
  noisy.RunFor(seconds(5));
  EXPECT_EQ(noisy.trace_hash(), uint64_t{0x9163bcef84e74a2c}) << std::hex << noisy.trace_hash();
}

}  // namespace
}  // namespace starling::sim
