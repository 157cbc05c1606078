// The event loop, the timer that drives a state machine, and the resolver.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "node/asio_loop.h"
#include "node/asio_resolver.h"
#include "node/asio_timer.h"
#include "node/system_random.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

class LoopTest : public testing::Test {
 protected:
  RealParts parts;
  AsioLoop& loop = parts.loop;
};

TEST_F(LoopTest, RunsWhatIsPostedFromAnyThreadUntilItIsStopped) {
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.Post([&](Time) { ++ran; });
    loop.Post([&](Time) { loop.Stop(); });
  });
  loop.Run();
  other.join();
  EXPECT_EQ(ran, 100);

  loop.Post([&](Time) { ran = 0; });
  loop.Stop();  // counts for the next Run
  loop.Run();
  EXPECT_EQ(ran, 100);
  loop.Post([&](Time) { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(ran, 0);
}

class Counter final : public TurnHandler {
 public:
  void OnTurnEnd(Time) override {
    ++turns;
    if (then) then();
  }
  int turns = 0;
  std::function<void()> then;
};

TEST_F(LoopTest, EndsEachTurnForThoseWhoAskedForIt) {
  auto once = std::make_shared<Counter>();
  Counter always;
  loop.Join(always);
  once->then = [&] {
    if (once->turns < 3) loop.AtTurnEnd(once);
  };
  loop.AtTurnEnd(once);
  for (int i = 1; i <= 5; ++i) {
    loop.RunTurn(Duration{});
    EXPECT_EQ(once->turns, std::min(i, 3));
    EXPECT_EQ(always.turns, i);
  }
  EXPECT_EQ(once.use_count(), 1);
  always.then = [&] { loop.Leave(always); };
  loop.RunTurn(Duration{});
  loop.RunTurn(Duration{});
  EXPECT_EQ(always.turns, 6);
}

TEST_F(LoopTest, DoesNotLetAFloodKeepTheTurnFromEnding) {
  int posted = 0;
  std::function<void(Time)> flood = [&](Time) {
    ++posted;
    loop.Post(flood);
  };
  loop.Post(flood);
  auto once = std::make_shared<Counter>();
  loop.AtTurnEnd(once);
  loop.RunTurn(seconds(1));
  EXPECT_EQ(once->turns, 1);
  EXPECT_LT(posted, 1000);
  flood = [](Time) {};
}

TEST_F(LoopTest, HandsSignalsToWhoAskedForThem) {
  std::vector<int> seen;
  loop.OnSignal([&](Time, int signal) { seen.push_back(signal); });
  std::raise(SIGTERM);
  EXPECT_TRUE(parts.Until([&] { return seen.size() == 1; }));
  std::raise(SIGINT);
  EXPECT_TRUE(parts.Until([&] { return seen.size() == 2; }));
  EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
}

class Metronome {
 public:
  Time next_deadline() const { return next; }
  void OnDeadline(Time now) {
    EXPECT_GE(now, next);
    ++ticks;
    next = ticks < 3 ? now + milliseconds(5) : kNever;
  }
  Time next = kNever;
  int ticks = 0;
};

TEST_F(LoopTest, TheTimerDrivesAStateMachineByItsNextDeadline) {
  Metronome metronome;
  AsioTimer<Metronome> timer(loop, metronome);
  loop.RunTurn(Duration{});
  EXPECT_EQ(metronome.ticks, 0);
  // An event moves the deadline; nobody tells the timer.
  const Time start = loop.now();
  loop.Post([&](Time now) { metronome.next = now + milliseconds(5); });
  ASSERT_TRUE(parts.Until([&] { return metronome.ticks == 3; }));
  EXPECT_GE(loop.now() - start, milliseconds(15));
  parts.RunFor(milliseconds(30));
  EXPECT_EQ(metronome.ticks, 3);
}

class Asker final : public ResolveHandler {
 public:
  void OnResolved(Time, absl::StatusOr<std::vector<Endpoint>> endpoints) override {
    EXPECT_FALSE(answer.has_value());
    answer = std::move(endpoints);
    resolution = nullptr;
  }
  std::unique_ptr<Resolution> resolution;
  std::optional<absl::StatusOr<std::vector<Endpoint>>> answer;
};

TEST_F(LoopTest, ResolvesLiteralsAndNamesLater) {
  AsioResolver resolver(loop);
  for (const std::string host : {"127.0.0.1", "::1", "localhost"}) {
    Asker asker;
    asker.resolution = resolver.Resolve(loop.now(), host, 80, asker);
    EXPECT_FALSE(asker.answer.has_value());
    ASSERT_TRUE(parts.Until([&] { return asker.answer.has_value(); }));
    ASSERT_TRUE(asker.answer->ok()) << asker.answer->status();
    ASSERT_FALSE((*asker.answer)->empty());
    for (const Endpoint& endpoint : **asker.answer) {
      EXPECT_TRUE(endpoint.is_loopback());
      EXPECT_EQ(endpoint.port, 80);
    }
  }
}

TEST_F(LoopTest, SaysThatANameDoesNotExist) {
  AsioResolver resolver(loop);
  Asker asker;
  // A label of more than 63 letters never leaves the machine.
  asker.resolution = resolver.Resolve(loop.now(), std::string(100, 'x'), 80, asker);
  ASSERT_TRUE(parts.Until([&] { return asker.answer.has_value(); }));
  EXPECT_FALSE(asker.answer->ok());
}

TEST_F(LoopTest, AResolutionThatIsDestroyedNeverAnswers) {
  auto resolver = std::make_unique<AsioResolver>(loop);
  Asker asker;
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    asker.resolution = resolver->Resolve(loop.now(), host, 80, asker);
    asker.resolution = nullptr;
  }
  asker.resolution = resolver->Resolve(loop.now(), "localhost", 80, asker);
  resolver = nullptr;
  parts.RunFor(milliseconds(50));
  asker.resolution = nullptr;
  parts.RunFor(milliseconds(50));
  SUCCEED();
}

TEST(SystemRandom, DrawsNumbersThatDiffer) {
  SystemRandom one;
  SystemRandom two;
  std::vector<uint64_t> drawn;
  for (int i = 0; i < 1000; ++i) {
    drawn.push_back(one.Next());
    drawn.push_back(two.Next());
  }
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(std::adjacent_find(drawn.begin(), drawn.end()), drawn.end());
  EXPECT_NE(drawn[0], 0u);
}

}  // namespace
}  // namespace starling::testing_support
