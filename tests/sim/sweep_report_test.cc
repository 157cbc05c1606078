#include "sim/sweep_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/made_up_result.h"

namespace starling::sim {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SweepRow Row(const std::string& choker, uint64_t seed, double completion) {
  return {{choker}, seed, "0x01", 0, {{"all.completion_s.mean", completion}, {"done_share", 1}}};
}

// Two chokers, three seeds each; the second is faster with two of them.
SweepTable TwoChokers() {
  return {{"choker"},
          {Row("stock", 1, 100), Row("stock", 2, 120), Row("stock", 3, 90), Row("<tyrant>", 1, 50),
           Row("<tyrant>", 2, 80), Row("<tyrant>", 3, 100)}};
}

SweepReport ReportOf(const SweepTable& table) {
  const Provenance provenance{"0.1.0", "abc", "GNU 12.2.0", "starling sim sweep made-up"};
  return MakeSweepReport({MadeUpScenario(), table, provenance, "count = 3", "library();"});
}

TEST(SweepReport, ComparesSeedBySeedWithTheFirstCombination) {
  const Table gains = SweepGains(TwoChokers());
  ASSERT_EQ(gains.rows.size(), 3u);
  EXPECT_THAT(gains.rows[0], ElementsAre(Cell("choker=<tyrant>"), Cell(1.0), Cell(2.0)));
  EXPECT_THAT(gains.rows[1], ElementsAre(Cell("choker=<tyrant>"), Cell(2.0), Cell(1.5)));
  EXPECT_THAT(gains.rows[2], ElementsAre(Cell("choker=<tyrant>"), Cell(3.0), Cell(0.9)));
  EXPECT_EQ(SweepValues(TwoChokers()).rows.size(), 6u);
}

TEST(SweepReport, LeavesOutSeedsThatOnlyOneHas) {
  SweepTable table = TwoChokers();
  table.rows[1].metrics.clear();  // could not be made
  table.rows[1].trace_hash.clear();
  table.rows[5].seed = 4;
  EXPECT_EQ(SweepGains(table).rows.size(), 1u);
  EXPECT_EQ(SweepValues(table).rows.size(), 5u);
  EXPECT_THAT(ReportOf(table).page, HasSubstr("1 runs could not be made"));
}

TEST(SweepReport, SaysTheMedianGainAndDrawsBoth) {
  const SweepReport report = ReportOf(TwoChokers());
  ASSERT_EQ(report.plots.size(), 2u);
  EXPECT_EQ(report.plots[0].name, "sweep-values");
  EXPECT_EQ(report.plots[1].name, "sweep-gains");
  EXPECT_THAT(report.plots[1].spec, AllOf(HasSubstr("choker=stock"), Not(HasSubstr("@"))));
  EXPECT_THAT(report.page, AllOf(HasSubstr("1.50 x"), HasSubstr("between 1.20 and 1.75"),
                                 HasSubstr("choker=&lt;tyrant&gt;"), HasSubstr("gains.csv"),
                                 HasSubstr("plots/sweep-gains.vl.json"), Not(HasSubstr("<tyrant>")),
                                 Not(HasSubstr("{{"))));
}

TEST(SweepReport, OfOneCombinationComparesNothing) {
  SweepTable table = TwoChokers();
  table.rows.resize(3);
  const SweepReport report = ReportOf(table);
  ASSERT_EQ(report.plots.size(), 1u);
  EXPECT_THAT(report.page, Not(HasSubstr("median gain")));
}

TEST(SweepReport, OfRunsWithoutFiguresHasNoPlots) {
  SweepTable table = TwoChokers();
  for (SweepRow& row : table.rows) row.metrics.clear();
  const SweepReport report = ReportOf(table);
  EXPECT_TRUE(report.plots.empty());
  EXPECT_TRUE(report.tables.empty());
}

}  // namespace
}  // namespace starling::sim
