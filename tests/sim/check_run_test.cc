#include "sim/check_run.h"

#include <gtest/gtest.h>

#include <cmath>

namespace starling::sim {
namespace {

// Runs by name, each with the figures of "x" of its seeds.
CheckedRuns Runs(const std::map<std::string, std::vector<double>>& figures) {
  CheckedRuns runs;
  for (const auto& [name, values] : figures) {
    for (const double value : values) {
      CheckedRun run;
      run.metrics["x"] = value;
      run.metrics["twice"] = 2 * value;
      runs[name].push_back(run);
    }
  }
  return runs;
}

CheckCell Cell() {
  CheckCell cell;
  cell.name = "a cell";
  cell.run = "a";
  cell.metric = "x";
  return cell;
}

TEST(CheckRun, TakesTheMeanOverTheSeeds) {
  CheckCell cell = Cell();
  cell.min = 1.5;
  cell.max = 2.5;
  const CellResult result = JudgeCell(cell, Runs({{"a", {1, 2, 3}}}));
  EXPECT_EQ(result.measured, 2);
  EXPECT_EQ(result.low, 1);
  EXPECT_EQ(result.high, 3);
  EXPECT_EQ(result.verdict, CellVerdict::kPass);
}

TEST(CheckRun, AHardCellMustHoldInEachRun) {
  CheckCell cell = Cell();
  cell.min = 1.5;
  EXPECT_EQ(JudgeCell(cell, Runs({{"a", {1, 2, 3}}})).verdict, CellVerdict::kPass);
  cell.hard = true;
  EXPECT_EQ(JudgeCell(cell, Runs({{"a", {1, 2, 3}}})).verdict, CellVerdict::kFail);
  EXPECT_EQ(JudgeCell(cell, Runs({{"a", {2, 2, 3}}})).verdict, CellVerdict::kPass);
}

TEST(CheckRun, WithoutBoundsAFigureIsOnlyShown) {
  const CellResult result = JudgeCell(Cell(), Runs({{"a", {7}}}));
  EXPECT_EQ(result.verdict, CellVerdict::kShown);
  EXPECT_EQ(result.measured, 7);
}

TEST(CheckRun, WaitingIsNeverAPass) {
  CheckCell cell = Cell();
  cell.waiting = "needs a rocket";
  cell.min = 1;
  const CellResult result = JudgeCell(cell, Runs({{"a", {7}}}));
  EXPECT_EQ(result.verdict, CellVerdict::kWaiting);
  EXPECT_EQ(result.why, "needs a rocket");
}

TEST(CheckRun, AMissingFigureIsAFail) {
  CheckCell cell = Cell();
  cell.metric = "y";
  const CellResult result = JudgeCell(cell, Runs({{"a", {7}}}));
  EXPECT_EQ(result.verdict, CellVerdict::kFail);
  EXPECT_EQ(result.why, "run a has no y");
  EXPECT_TRUE(std::isnan(result.measured));
  cell.metric = "x";
  cell.over_run = "b";
  EXPECT_EQ(JudgeCell(cell, Runs({{"a", {7}}})).why, "run b has no x");
}

TEST(CheckRun, DividesWithinARunSeedBySeed) {
  CheckCell cell = Cell();
  cell.over_metric = "twice";
  cell.min = 0.5;
  cell.max = 0.5;
  cell.hard = true;
  EXPECT_EQ(JudgeCell(cell, Runs({{"a", {1, 5, 9}}})).verdict, CellVerdict::kPass);
}

TEST(CheckRun, DividesByTheStatisticOfAnotherRun) {
  CheckCell cell = Cell();
  cell.over_run = "b";
  const CheckedRuns runs = Runs({{"a", {2, 6}}, {"b", {1, 3}}});
  EXPECT_EQ(JudgeCell(cell, runs).measured, 2);  // 4 over 2
  cell.statistic = "sd";
  EXPECT_EQ(JudgeCell(cell, runs).measured, 2);  // 2.83 over 1.41
}

TEST(CheckRun, DividesSeedBySeedWherePaired) {
  CheckCell cell = Cell();
  cell.over_run = "b";
  cell.paired = true;
  cell.statistic = "median";
  const CellResult result = JudgeCell(cell, Runs({{"a", {2, 6, 12}}, {"b", {1, 2, 3}}}));
  EXPECT_EQ(result.measured, 3);
  EXPECT_EQ(result.low, 2);
  EXPECT_EQ(result.high, 4);
}

TEST(CheckRun, KnowsItsStatistics) {
  const CheckedRuns runs = Runs({{"a", {1, 2, 3, 4, 5}}});
  const std::map<std::string, double> expected = {{"mean", 3},           {"min", 1}, {"max", 5},
                                                  {"median", 3},         {"p25", 2}, {"p75", 4},
                                                  {"sd", std::sqrt(2.5)}};
  for (const auto& [name, value] : expected) {
    CheckCell cell = Cell();
    cell.statistic = name;
    EXPECT_DOUBLE_EQ(JudgeCell(cell, runs).measured, value) << name;
  }
}

TEST(CheckRun, ABrokenInvariantIsAFailOfItsOwn) {
  CheckSpec check;
  check.runs.push_back({"a", {}, 2});
  check.cells.push_back(Cell());
  CheckedRuns runs = Runs({{"a", {1, 2}}});
  EXPECT_EQ(JudgeCheck(check, runs).size(), 1u);
  runs["a"][1].broken = {"bytes came from nowhere"};
  const std::vector<CellResult> results = JudgeCheck(check, runs);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].verdict, CellVerdict::kFail);
  EXPECT_EQ(results[1].name, "what must always hold, run a, seed 2");
  EXPECT_EQ(results[1].why, "bytes came from nowhere");
}

TEST(CheckRun, WritesDemandsAndFigures) {
  CellResult cell;
  EXPECT_EQ(DemandOf(cell), "");
  cell.min = 2100;
  EXPECT_EQ(DemandOf(cell), ">= 2100");
  cell.max = 2400;
  EXPECT_EQ(DemandOf(cell), "2100 to 2400");
  cell.hard = true;
  EXPECT_EQ(DemandOf(cell), "2100 to 2400, each run");
  EXPECT_EQ(FormatFigure(2174.4), "2174");
  EXPECT_EQ(FormatFigure(0.93314), "0.9331");
  EXPECT_EQ(FormatFigure(12.345), "12.35");
  EXPECT_EQ(FormatFigure(0), "0");
  EXPECT_EQ(FormatFigure(kNoValue), "-");
}

}  // namespace
}  // namespace starling::sim
