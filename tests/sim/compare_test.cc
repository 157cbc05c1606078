#include "sim/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Points of one key, each with a mean completion around a value, over three seeds.
SweepTable Swept(const std::string& key,
                 const std::vector<std::pair<std::string, double>>& completions) {
  SweepTable table;
  table.keys = {key};
  for (const auto& [value, completion] : completions) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      table.rows.push_back({{value},
                            seed,
                            "0x1",
                            0,
                            {{"all.completion_s.mean", completion + static_cast<double>(seed)},
                             {"slow.completion_s.mean", 7},
                             {"events", 1}}});
    }
  }
  return table;
}

TEST(Compare, PointsAreMatchedByTheirValues) {
  const auto comparison = Compare(Swept("n", {{"10", 100}, {"20", 200}, {"40", 400}}),
                                  Swept("n", {{"20", 150}, {"10", 100}, {"80", 1}}), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->keys, ElementsAre("n"));
  ASSERT_EQ(comparison->points.size(), 2u);
  EXPECT_FALSE(comparison->points[0].metrics[0].difference.is_clear);
  const ComparedMetric& metric = comparison->points[1].metrics[0];
  EXPECT_EQ(metric.first.mean, 202);
  EXPECT_EQ(metric.second.mean, 152);
  EXPECT_EQ(metric.difference.value, -50);
  EXPECT_TRUE(metric.difference.is_clear);
  EXPECT_THAT(comparison->only_first, ElementsAre(ElementsAre("40")));
  EXPECT_THAT(comparison->only_second, ElementsAre(ElementsAre("80")));
}

TEST(Compare, AKeyThatEachHasOneValueOfIsNotMatched) {
  const auto comparison =
      Compare(Swept("choker", {{"tit-for-tat", 100}}), Swept("choker", {{"bittyrant", 90}}), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->keys, IsEmpty());
  ASSERT_EQ(comparison->points.size(), 1u);
  EXPECT_EQ(comparison->points[0].metrics[0].difference.value, -10);
}

TEST(Compare, SweepsOfOtherKeysAreRefusedWithTheirNames) {
  const auto comparison =
      Compare(Swept("n", {{"10", 1}, {"20", 2}}), Swept("size", {{"1MB", 1}, {"2MB", 2}}), {});
  EXPECT_THAT(std::string(comparison.status().message()),
              HasSubstr("the first varies n, the second size"));
  EXPECT_FALSE(Compare(Swept("n", {{"10", 1}, {"20", 2}}), SweepTable(), {}).ok());
}

TEST(Compare, MetricsAreTheMainOnesOrThoseAskedFor) {
  const SweepTable table = Swept("n", {{"10", 100}});
  const auto names = [&](const std::vector<std::string>& patterns) {
    std::vector<std::string> found;
    const auto comparison = Compare(table, table, patterns);
    for (const ComparedMetric& metric : comparison->points.front().metrics) {
      found.push_back(metric.name);
    }
    return found;
  };
  EXPECT_THAT(names({}), ElementsAre("all.completion_s.mean", "slow.completion_s.mean"));
  EXPECT_THAT(names({"ev*"}), ElementsAre("events"));
  EXPECT_THAT(names({"events", "*"}),
              ElementsAre("events", "all.completion_s.mean", "slow.completion_s.mean"));
  EXPECT_THAT(names({"nothing"}), IsEmpty());
}

TEST(Compare, PatternsKnowStarsAndQuestionMarks) {
  EXPECT_TRUE(MatchesPattern("all.completion_s.mean", "*.completion_s.m*n"));
  EXPECT_TRUE(MatchesPattern("abab", "*ab"));
  EXPECT_TRUE(MatchesPattern("abc", "a?c"));
  EXPECT_TRUE(MatchesPattern("", "**"));
  EXPECT_FALSE(MatchesPattern("abc", "a?"));
  EXPECT_FALSE(MatchesPattern("abc", "*b"));
  EXPECT_FALSE(MatchesPattern("", "?"));
  EXPECT_FALSE(MatchesPattern(std::string(10'000, 'a'), "*a*a*a*a*a*a*a*b"));
}

}  // namespace
}  // namespace starling::sim
