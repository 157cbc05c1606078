#include "sim/tables.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/made_up_result.h"

namespace starling::sim {
namespace {

TEST(Tables, WhatIsNotThereSaysNothing) {
  const Result result = MadeUpResult();
  EXPECT_EQ(FindTable(result, "lookups"), nullptr);
  const Table* nodes = FindTable(result, "nodes");
  ASSERT_NE(nodes, nullptr);
  EXPECT_FALSE(FindColumn(*nodes, "colour").has_value());
  EXPECT_TRUE(std::isnan(NumberAt(nodes->rows[0], std::nullopt)));
  EXPECT_TRUE(std::isnan(NumberAt(nodes->rows[0], FindColumn(*nodes, "population"))));
  EXPECT_EQ(TextAt(nodes->rows[0], FindColumn(*nodes, "up")), "");
  EXPECT_TRUE(std::isnan(FindMetric(result, "luck")));
}

TEST(Tables, ATableWithoutRowsIsNotFound) {
  Result result;
  result.tables = {MadeUpUnchokes()};
  EXPECT_NE(FindTable(result, "unchokes"), nullptr);
  result.tables[0].rows.clear();
  EXPECT_EQ(FindTable(result, "unchokes"), nullptr);
}

TEST(Thinned, ASmallTableStaysAsItIs) {
  const Table series = MadeUpSeries(10);
  EXPECT_EQ(Thinned(series, 30, "").rows, series.rows);
}

TEST(Thinned, ASeriesIsAveragedEachPopulationByItself) {
  const Table series = MadeUpSeries(1000);
  const Table thinned = Thinned(series, 300, "");
  EXPECT_LE(thinned.rows.size(), 300u);
  EXPECT_GE(thinned.rows.size(), 200u);
  const auto mean_of = [](const Table& table, const std::string& population) {
    double sum = 0;
    double count = 0;
    for (const std::vector<Cell>& row : table.rows) {
      if (TextAt(row, FindColumn(table, "population")) != population) continue;
      sum += NumberAt(row, FindColumn(table, "up_rate"));
      ++count;
    }
    return sum / count;
  };
  for (const char* population : {"origin", "slow", "fast"}) {
    EXPECT_NEAR(mean_of(thinned, population) / mean_of(series, population), 1, 1e-9) << population;
  }
}

TEST(Thinned, AnAverageLeavesOutWhatSaysNothing) {
  Table table{"t", "", {{"time_s", "s", ""}, {"x", "1", ""}}, {}};
  for (int i = 0; i < 100; ++i) table.rows.push_back({double(i), i % 2 == 0 ? 4.0 : kNoValue});
  for (const std::vector<Cell>& row : Thinned(table, 10, "").rows) {
    EXPECT_EQ(NumberAt(row, 1), 4.0);
  }
}

TEST(Thinned, RowsArePickedInOrderWithBothEndsAndTheUnfinishedLast) {
  const Table nodes = MadeUpNodes(1000);
  const Table thinned = Thinned(nodes, 100, "done_s");
  ASSERT_EQ(thinned.rows.size(), 100u);
  const std::optional<size_t> done = FindColumn(nodes, "done_s");
  EXPECT_EQ(NumberAt(thinned.rows.front(), done), 0) << "the seed was done first";
  EXPECT_TRUE(std::isnan(NumberAt(thinned.rows.back(), done)));
}

}  // namespace
}  // namespace starling::sim
