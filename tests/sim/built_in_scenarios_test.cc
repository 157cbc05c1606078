#include "sim/built_in_scenarios.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/scenario_file.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

class EveryBuiltIn : public testing::TestWithParam<std::string> {
 protected:
  absl::StatusOr<Scenario> Read() {
    const Strategies strategies;
    return ReadScenario(*BuiltInScenarioText(GetParam()), GetParam() + ".toml", {}, &strategies);
  }
};

TEST_P(EveryBuiltIn, CanBeReadAndExplainsItself) {
  const absl::StatusOr<Scenario> scenario = Read();
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->name, GetParam());
  EXPECT_FALSE(scenario->title.empty());
  EXPECT_LE(scenario->title.size(), 70u) << "one line of `sim list`";
  EXPECT_GT(scenario->about.size(), 80u);
  EXPECT_FALSE(scenario->parameters.empty());
  for (const ParameterSpec& parameter : scenario->parameters) {
    EXPECT_FALSE(parameter.about.empty()) << parameter.name;
  }
}

TEST_P(EveryBuiltIn, ReadsBackAsItIsWritten) {
  const absl::StatusOr<Scenario> scenario = Read();
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  const std::string written = WriteScenario(*scenario);
  const absl::StatusOr<Scenario> again = ReadScenario(written, "again.toml");
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << written;
  EXPECT_EQ(*again, *scenario) << written;
  EXPECT_EQ(WriteScenario(*again), written);
}

TEST_P(EveryBuiltIn, HasASmallAndAFullCheck) {
  const absl::StatusOr<Scenario> scenario = Read();
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  for (const char* size : {"small", "full"}) {
    const auto check = std::find_if(scenario->checks.begin(), scenario->checks.end(),
                                    [&](const CheckSpec& each) { return each.size == size; });
    ASSERT_NE(check, scenario->checks.end()) << size;
    EXPECT_FALSE(check->cells.empty()) << size;
  }
}

TEST_P(EveryBuiltIn, RefusesNonsenseForEachParameter) {
  const absl::StatusOr<Scenario> scenario = Read();
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  for (const ParameterSpec& parameter : scenario->parameters) {
    // Whatever its unit, this is none of its values.
    const Setting nonsense{parameter.name, "5 parsecs"};
    const absl::StatusOr<Scenario> read =
        ReadScenario(*BuiltInScenarioText(GetParam()), "x.toml", {&nonsense, 1});
    ASSERT_FALSE(read.ok()) << parameter.name;
    EXPECT_EQ(std::string(read.status().message()).find("--set " + parameter.name), 0u)
        << read.status();
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EveryBuiltIn, testing::ValuesIn(BuiltInScenarioNames()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BuiltInScenarios, AreFoundByNameOnly) {
  EXPECT_TRUE(BuiltInScenarioText("flash-crowd").has_value());
  EXPECT_FALSE(BuiltInScenarioText("flash").has_value());
  EXPECT_FALSE(BuiltInScenarioText("").has_value());
}

}  // namespace
}  // namespace starling::sim
