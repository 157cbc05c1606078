#include "sim/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/sweep_table.h"

namespace starling::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Values = std::vector<std::string>;

Values ValuesOf(const std::string& text) {
  const absl::StatusOr<SweepAxis> axis = ParseAxis(absl::StrCat("key=", text));
  return axis.ok() ? axis->values : Values{std::string(axis.status().message())};
}

TEST(Sweep, ValuesAreSplitAtCommas) {
  const absl::StatusOr<SweepAxis> axis = ParseAxis("population.leechers.up=50KB/s, 1MB/s");
  ASSERT_TRUE(axis.ok()) << axis.status();
  EXPECT_EQ(axis->key, "population.leechers.up");
  EXPECT_THAT(axis->values, ElementsAre("50KB/s", "1MB/s"));
}

TEST(Sweep, CommasInsideOfGroupsBelongToTheValue) {
  EXPECT_THAT(ValuesOf("tit-for-tat,(bittyrant:cap=1M,selfish=yes)"),
              ElementsAre("tit-for-tat", "bittyrant:cap=1M,selfish=yes"));
  EXPECT_THAT(ValuesOf(R"("a,b",c)"), ElementsAre("a,b", "c"));
  EXPECT_THAT(ValuesOf("{a,b},{c}"), ElementsAre("a,b", "c"));
  EXPECT_THAT(ValuesOf("a(1,2)b,{x={1,2}}y"), ElementsAre("a(1,2)b", "{x={1,2}}y"));
  EXPECT_THAT(ValuesOf("(a)(b)"), ElementsAre("(a)(b)"));
  EXPECT_THAT(ValuesOf("(\"),(\",2)"), ElementsAre("\"),(\",2"));
}

TEST(Sweep, WhatIsNoListOfValuesIsRefused) {
  for (const char* text : {"", "=1", "leechers", "k=", "k=1,", "k=,1", "k=1,,2", "k=1,1", "k=(1,2",
                           "k=1)", "k=(1}", "k=\"1", "k=1,\"1\"", "k=()"}) {
    EXPECT_THAT(std::string(ParseAxis(text).status().message()),
                StartsWith(absl::StrCat("--vary ", text, ": ")));
  }
}

TEST(Sweep, SeedsAreRangesAndLists) {
  EXPECT_THAT(*ParseSeeds("7"), ElementsAre(7));
  EXPECT_THAT(*ParseSeeds("1..4"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*ParseSeeds("9,1..2,5"), ElementsAre(9, 1, 2, 5));
  EXPECT_THAT(*ParseSeeds("18446744073709551614..18446744073709551615"),
              ElementsAre(UINT64_MAX - 1, UINT64_MAX));
  for (const char* text :
       {"", "a", "1..", "..2", "2..1", "1...3", "-1", "1,1", "1..3,2", "1 2", "1,", "0x1",
        "0..18446744073709551615", "0..100000", "18446744073709551616"}) {
    EXPECT_THAT(std::string(ParseSeeds(text).status().message()),
                StartsWith(absl::StrCat("--seeds ", text, ": ")))
        << text;
  }
}

TEST(Sweep, PointsAreAllCombinationsAndTheLastKeyChangesFastest) {
  const auto points = PointsOf({{"a", {"1", "2"}}, {"b", {"x", "y"}}});
  ASSERT_EQ(points.size(), 4u);
  EXPECT_THAT(points[1], ElementsAre(Setting{"a", "1"}, Setting{"b", "y"}));
  EXPECT_THAT(points[2], ElementsAre(Setting{"a", "2"}, Setting{"b", "x"}));
  EXPECT_EQ(PointsOf({}).size(), 1u);
}

TEST(Sweep, HasALimit) {
  const SweepAxis big{"a", Values(1000, "1")};
  const std::vector<uint64_t> seeds(100);
  EXPECT_TRUE(CheckSweep({big}, seeds).ok());
  EXPECT_FALSE(CheckSweep({big, {"b", {"1", "2"}}}, seeds).ok());
  EXPECT_FALSE(CheckSweep({{"a", {"1"}}, {"a", {"2"}}}, {1}).ok());
}

SweepTable SmallTable() {
  SweepTable table;
  table.keys = {"choker", "n"};
  table.rows.push_back({{"x:a=1,b=2", "5"}, UINT64_MAX, "0x1", 0, {{"m", 0.1}, {"other", 4}}});
  table.rows.push_back({{"x:a=1,b=2", "5"}, 2, "0x2", 0, {{"m", 0.3}, {"other", 4}}});
  table.rows.push_back({{"say \"y\"", "5"}, 1, "", 0, {}});
  table.rows.push_back({{"say \"y\"", "5"}, 2, "0x4", 1, {{"m", 1e-300}}});
  return table;
}

TEST(SweepTable, RunsAreTidyAndSummariesByPointAndMetric) {
  EXPECT_EQ(RunsCsv(SmallTable()),
            "run,choker,n,seed,trace_hash,broken,m,other\n"
            "1,\"x:a=1,b=2\",5,18446744073709551615,0x1,0,0.1,4\n"
            "2,\"x:a=1,b=2\",5,2,0x2,0,0.3,4\n"
            "3,\"say \"\"y\"\"\",5,1,,0,,\n"
            "4,\"say \"\"y\"\"\",5,2,0x4,1,1e-300,\n");
  const std::string summary = SummaryCsv(SmallTable());
  EXPECT_THAT(summary, StartsWith("choker,n,metric,n,mean,sd,low,high\n"
                                  "\"x:a=1,b=2\",5,m,2,0.2,0.14"));
  EXPECT_THAT(summary, HasSubstr("\"x:a=1,b=2\",5,other,2,4,0,4,4\n"));
  EXPECT_THAT(summary, HasSubstr("\"say \"\"y\"\"\",5,m,1,1e-300,,,\n"));
}

TEST(SweepTable, RunsAreReadBackAsTheyWere) {
  const std::string csv = RunsCsv(SmallTable());
  const absl::StatusOr<SweepTable> table = ParseRunsCsv(csv);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->keys, SmallTable().keys);
  EXPECT_EQ(table->rows[0].seed, UINT64_MAX);
  EXPECT_EQ(table->rows[3].metrics, SmallTable().rows[3].metrics);
  EXPECT_EQ(RunsCsv(*table), csv);
}

TEST(SweepTable, DamagedTextIsRefusedOrRead) {
  const std::string csv = RunsCsv(SmallTable());
  for (size_t i = 0; i < csv.size(); ++i) {
    (void)ParseRunsCsv(csv.substr(0, i));
    for (const char letter : {'"', ',', '\n', 'x'}) {
      std::string damaged = csv;
      damaged[i] = letter;
      (void)ParseRunsCsv(damaged);
    }
  }
  for (const char* text :
       {"", "a\n", "run,seed\n", "seed,trace_hash,broken\n", "run,seed,trace_hash,broken\n1,1\n",
        "run,seed,trace_hash,broken\n1,x,0x1,0\n", "run,seed,trace_hash,broken,m\n1,1,0x1,0,y\n",
        "run,seed,trace_hash,broken,m\n1,1,0x1,0,inf\n", "run,seed,trace_hash,broken\n\"1,1"}) {
    EXPECT_FALSE(ParseRunsCsv(text).ok()) << text;
  }
}

}  // namespace
}  // namespace starling::sim
