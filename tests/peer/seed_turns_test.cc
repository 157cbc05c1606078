// How long a seed serves whom, where pieces take longer than a turn (peer/choker_slots.h).

#include <gtest/gtest.h>

#include "tests/peer/choker_table.h"

namespace starling::peer {
namespace {

TEST(SeedTurns, AFirstCopyIsFinishedFirst) {
  Table table(1);
  table.Set('a', 5, "iS");
  EXPECT_EQ(table.Round(), "a");
  table.Set('a', 5, "iuSp");
  table.Set('b', 0, "iS");
  for (int round = 1; round < 6; ++round) EXPECT_EQ(table.Round(), "a") << round;
  // It has asked for all of it: the slot is free at once.
  table.Set('a', 5, "iuS");
  EXPECT_EQ(table.Decide(), "b");
}

TEST(SeedTurns, ButNotForEver) {
  Table table(1);
  table.Set('a', 5, "iS");
  table.Round();
  table.Set('a', 5, "iuSp");
  table.Set('b', 0, "iS");
  int rounds = 1;
  while (table.Round() == "a" && rounds < 100) ++rounds;
  EXPECT_EQ(rounds, 30);
}

TEST(SeedTurns, AndOnlyForWhoTakesSomething) {
  Table table(1);
  table.Round();  // so that no random one is drawn where the turn ends
  table.Set('a', 0, "iS");
  table.Round();
  table.Set('a', 0, "iuSp");
  table.Set('b', 0, "iS");
  EXPECT_EQ(table.Round(), "a");
  EXPECT_EQ(table.Round(), "b");
}

TEST(SeedTurns, NothingEndsWhereThereIsASlotForEach) {
  Table table(2);
  table.Set('a', 5, "iSp");
  table.Set('b', 5, "iSp");
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(table.Round(), "ab");
    EXPECT_FALSE(table.TurnEnds('a') || table.TurnEnds('b')) << round;
  }
  // Now somebody waits.
  table.Set('c', 0, "iS");
  table.Round();
  EXPECT_TRUE(table.TurnEnds('a') && table.TurnEnds('b'));
}

}  // namespace
}  // namespace starling::peer
