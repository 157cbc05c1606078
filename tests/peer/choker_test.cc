#include "peer/choker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/peer/choker_table.h"

namespace starling::peer {
namespace {

bool Includes(const std::string& whole, const std::string& part) {
  return std::all_of(part.begin(), part.end(),
                     [&](char c) { return whole.find(c) != std::string::npos; });
}

TEST(TitForTat, GivesRegularSlotsToThoseWhoGiveMost) {
  Table table(4);
  table.Set('a', 10, "i");
  table.Set('b', 50, "i");
  table.Set('c', 40, "i");
  table.Set('d', 30, "i");
  table.Set('e', 20, "i");
  const std::string unchoked = table.Decide();
  EXPECT_TRUE(Includes(unchoked, "bcd")) << unchoked;
  EXPECT_EQ(unchoked.size(), 4u);  // and one optimistic
}

TEST(TitForTat, UnchokesFasterPeersThatWantNothingAsWell) {
  Table table(3);
  table.Set('a', 90, "");
  table.Set('b', 50, "i");
  table.Set('c', 40, "i");
  table.Set('d', 30, "i");
  table.Set('e', 5, "");
  const std::string unchoked = table.Decide();
  EXPECT_TRUE(Includes(unchoked, "abcd")) << unchoked;
  EXPECT_EQ(unchoked.find('e'), std::string::npos);
}

TEST(TitForTat, ChokesTheSlowestWhenAFasterOneBeginsToWantSomething) {
  Table table(3);
  table.Set('a', 90, "");
  table.Set('b', 50, "i");
  table.Set('c', 40, "i");
  table.Set('d', 0, "i");
  EXPECT_EQ(table.Round(), "abcd");
  table.now += seconds(1);
  table.Set('a', 90, "iu");
  table.Set('b', 50, "iu");
  table.Set('c', 40, "iu");
  table.Set('d', 0, "iu");
  const std::string unchoked = table.Decide();
  EXPECT_TRUE(Includes(unchoked, "ab")) << unchoked;
  EXPECT_EQ(unchoked.size(), 3u);
}

TEST(TitForTat, DrawsAmongThoseWhoGaveNothing) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed < 40; ++seed) {
    Table table(2, seed);
    for (const char name : std::string("abcdef")) table.Set(name, 0, "i");
    seen.insert(table.Decide());
  }
  EXPECT_GT(seen.size(), 8u);
}

TEST(TitForTat, KeepsSnubbersOutOfRegularSlots) {
  Table table(3);
  table.Set('a', 90, "is");
  table.Set('b', 50, "i");
  table.Set('c', 40, "i");
  table.Set('d', 30, "i");
  const std::string unchoked = table.Decide();
  EXPECT_TRUE(Includes(unchoked, "bc")) << unchoked;
  EXPECT_EQ(unchoked.size(), 3u);
}

TEST(TitForTat, TurnsTheOptimisticSlotEveryThirtySeconds) {
  Table table(2);
  table.Set('z', 50, "i");
  for (const char name : std::string("abcdefgh")) table.Set(name, 0, "i");
  std::map<std::string, int> rounds;
  std::string last;
  for (int i = 0; i < 60; ++i) {
    const std::string unchoked = table.Round();
    ASSERT_TRUE(Includes(unchoked, "z"));
    ASSERT_EQ(unchoked.size(), 2u);
    if (i % 3 != 0) {
      EXPECT_EQ(unchoked, last) << i;
    }
    last = unchoked;
    ++rounds[unchoked];
  }
  EXPECT_GT(rounds.size(), 4u);
}

TEST(TitForTat, GivesTheOptimisticSlotToAnotherWhenItsTurnEnds) {
  Table table(2);
  table.Set('z', 50, "i");
  for (const char name : std::string("abc")) table.Set(name, 0, "i");
  std::string last;
  for (int i = 0; i < 60; ++i) {
    const std::string unchoked = table.Round();
    if (i % 3 == 0) {
      EXPECT_NE(unchoked, last) << i;
    }
    last = unchoked;
  }
}

TEST(TitForTat, KeepsItsRoundsHoweverOftenItIsAskedBetween) {
  Table table(2);
  table.Set('z', 50, "i");
  for (const char name : std::string("abcdefgh")) table.Set(name, 0, "i");
  std::string last = table.Decide();
  int changes = 0;
  for (int half_second = 1; half_second <= 1200; ++half_second) {
    table.now += milliseconds(500);
    const std::string unchoked = table.Decide();
    if (unchoked != last) ++changes;
    last = unchoked;
  }
  EXPECT_EQ(changes, 20);  // 600 s, a change every 30
}

TEST(TitForTat, TakesAsShortRoundsAsItIsTold) {
  Table table({.slots = 1, .round = seconds(1)});
  for (const char name : {'a', 'b', 'c'}) table.Set(name, 0, "iS");
  std::set<std::string> served;
  std::string last;
  int changes = 0;
  for (int second = 0; second < 12; ++second) {
    const std::string now = table.Decide();
    if (now != last) ++changes;
    last = now;
    served.insert(now);
    table.now += seconds(1);
  }
  EXPECT_EQ(served, (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(changes, 6);  // each keeps its slot for two rounds
}

TEST(TitForTat, PrefersNewcomersThreeToOneForTheOptimisticSlot) {
  int newcomer = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Table table(2, seed);
    table.Set('z', 50, "i");
    table.Set('a', 0, "i");
    table.Set('b', 0, "i");
    table.Set('c', 0, "i");
    table.Set('n', 0, "in");
    newcomer += Includes(table.Decide(), "n") ? 1 : 0;
  }
  EXPECT_NEAR(newcomer, 200, 40);  // 3 of 6
}

TEST(TitForTat, CountsSlotsAsTheMainlineClientDoes) {
  const auto slots = [](uint64_t capacity) {
    Table table(0);
    for (char name = 1; name < 127; ++name) table.Set(name, 10, "i");
    return table.Decide(capacity).size();
  };
  EXPECT_EQ(slots(0), 4u);
  EXPECT_EQ(slots(50'000), 5u);      // sqrt(30) = 5.4: 3 and 2
  EXPECT_EQ(slots(300'000), 13u);    // sqrt(180) = 13.4: 11 and 2
  EXPECT_EQ(slots(2'000'000), 34u);  // sqrt(1200) = 34.6
}

TEST(TitForTat, FillsAFreeSlotBetweenRoundsAndDisturbsNobody) {
  Table table(4);
  table.Set('a', 10, "i");
  table.Set('b', 20, "i");
  EXPECT_EQ(table.Round(), "ab");
  table.now -= seconds(7);
  table.Set('c', 0, "i");
  EXPECT_EQ(table.Decide(), "abc");
  table.now += seconds(1);
  table.Set('d', 99, "i");
  EXPECT_EQ(table.Decide(), "abcd");
  table.now += seconds(1);
  table.Set('e', 999, "i");
  EXPECT_EQ(table.Decide(), "abcd");  // no slot is free; the next round will judge
}

TEST(TitForTatSeeding, ServesEveryoneInTurn) {
  Table table(3);
  for (const char name : std::string("abcdefghi")) table.Set(name, 0, "iS");
  std::map<char, int> rounds;
  for (int i = 0; i < 90; ++i) {
    const std::string unchoked = table.Round();
    ASSERT_EQ(unchoked.size(), 3u);
    for (const char name : unchoked) ++rounds[name];
  }
  for (const char name : std::string("abcdefghi")) {
    EXPECT_GE(rounds[name], 20) << name;  // a fair share is 30
    EXPECT_LE(rounds[name], 42) << name;
  }
}

TEST(TitForTatSeeding, KeepsASlotForTwoRounds) {
  Table table(2);
  for (const char name : std::string("abcdef")) table.Set(name, 0, "iS");
  std::map<char, int> run;
  int short_runs = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string unchoked = table.Round();
    for (const char name : std::string("abcdef")) {
      if (Includes(unchoked, std::string(1, name))) {
        ++run[name];
        continue;
      }
      if (run[name] == 1) ++short_runs;
      run[name] = 0;
    }
  }
  // Only the random newcomer of each third round may cut one short.
  EXPECT_LE(short_runs, 60 / 3);
}

TEST(TitForTatSeeding, MayPreferWhoTakesFastest) {
  Table table(4, 1, SeedOrder::kFastest);
  for (const char name : std::string("abcdefgh")) table.Set(name, 0, "iS");
  for (const char name : std::string("xyz")) table.Set(name, 90, "iS");
  std::set<std::string> seen;
  for (int i = 0; i < 30; ++i) {
    const std::string unchoked = table.Round();
    ASSERT_TRUE(Includes(unchoked, "xyz")) << unchoked;
    ASSERT_EQ(unchoked.size(), 4u);
    seen.insert(unchoked);
  }
  EXPECT_GT(seen.size(), 3u);  // and one in turn
}

TEST(TitForTatSeeding, LeavesAlonePeerItsSlot) {
  Table table;
  table.Set('a', 0, "iS");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(table.Round(), "a");
}

TEST(TitForTatSeeding, ChokesWhoWantsNoMore) {
  Table table;
  table.Set('a', 0, "iS");
  EXPECT_EQ(table.Round(), "a");
  table.Set('a', 0, "uS");
  EXPECT_EQ(table.Round(), "");
}

TEST(TitForTat, SharesSlotsBetweenTorrentsItSeedsAndOthers) {
  Table table(4);
  for (const char name : std::string("abcdef")) table.Set(name, 10, "i");
  for (const char name : std::string("uvwxyz")) table.Set(name, 10, "iS");
  const std::string unchoked = table.Decide();
  EXPECT_EQ(unchoked.size(), 4u);
  EXPECT_EQ(std::count_if(unchoked.begin(), unchoked.end(), [](char c) { return c > 'm'; }), 2);
}

TEST(TitForTat, GivesUnusedSlotsToTheOtherSide) {
  Table table(4);
  table.Set('a', 10, "i");
  for (const char name : std::string("uvwxyz")) table.Set(name, 10, "iS");
  const std::string unchoked = table.Decide();
  EXPECT_EQ(unchoked.size(), 4u);
  EXPECT_TRUE(Includes(unchoked, "a"));
}

TEST(TitForTat, DecidesForNobody) {
  Table table;
  EXPECT_EQ(table.Round(), "");
}

}  // namespace
}  // namespace starling::peer
