// Optimistic slots of a fleet (TitForTatOptions::poorest_first).

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/peer/choker_table.h"

namespace starling::peer {
namespace {

TEST(PoorestFirst, OptimisticSlotsGoToThoseWhoHaveLeast) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Table table({.slots = 3, .optimistic = 1, .poorest_first = true}, seed);
    table.Set('a', 50, "i");
    table.Set('b', 40, "i");
    for (const char name : {'v', 'w', 'x', 'y', 'z'}) {
      table.Set(name, 0, "i");
      table.SetShare(name, 100 + static_cast<uint32_t>(name));
    }
    table.SetShare('x', 7);
    table.SetShare('w', 9);
    // A slot is for three rounds; who has had it lets the next one have it, and comes again.
    for (const char poorest : {'x', 'w', 'x'}) {
      for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(table.Round(), std::string("ab") + poorest) << "seed " << seed;
      }
    }
  }
}

TEST(PoorestFirst, OfThoseWhoHaveTheSameEachHasItsTurn) {
  Table table({.slots = 2, .optimistic = 1, .poorest_first = true});
  table.Set('a', 50, "i");
  for (const char name : {'w', 'x', 'y', 'z'}) table.Set(name, 0, "i");
  std::set<std::string> served;
  for (int turn = 0; turn < 4; ++turn) {
    for (int round = 0; round < 3; ++round) served.insert(table.Round());
  }
  EXPECT_EQ(served.size(), 4u);
}

TEST(PoorestFirst, RegularSlotsGoToThoseWhoGiveMostAllTheSame) {
  Table table({.slots = 3, .optimistic = 1, .poorest_first = true});
  for (const char name : {'a', 'b', 'c'}) {
    table.Set(name, static_cast<uint64_t>(name - 'a' + 1), "i");
    table.SetShare(name, 5);
  }
  table.Set('p', 0, "i");
  EXPECT_EQ(table.Round(), "bcp");
}

}  // namespace
}  // namespace starling::peer
