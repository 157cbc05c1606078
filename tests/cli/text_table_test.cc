#include "cli/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;

TEST(TextTable, TextStandsLeftAndFiguresRight) {
  const TextRows table = {{"choker", "mean"}, {{"tit-for-tat", "1 ± 2"}, {"b", "12"}}, 1};
  EXPECT_THAT(RenderTextRows(table, 80), ElementsAre("  choker        mean",  //
                                                     "  tit-for-tat  1 ± 2",  //
                                                     "  b               12"));
}

TEST(TextTable, ColumnsThatDoNotFitAreLeftOut) {
  const TextRows table = {{"a", "bbb", "c"}, {{"1", "2", "3"}}, 1};
  EXPECT_THAT(RenderTextRows(table, 8), ElementsAre("  a  bbb", "  1    2"));
  EXPECT_THAT(RenderTextRows(table, 2).size(), 2u) << "the first stays, shortened";
}

TEST(TextTable, ShowsNothingThatWouldCommandATerminal) {
  const TextRows table = {{"a"}, {{"\x1b[31m"}}, 1};
  EXPECT_EQ(RenderTextRows(table, 80)[1], "  ?[31m");
}

}  // namespace
}  // namespace starling::cli
