// `starling dht bench --simulated` as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/dht_bench_expected.h"
#include "cli/dht_bench_out.h"
#include "sim/built_in_scenarios.h"
#include "sim/scenario_file.h"
#include "tests/cli/child_program.h"
#include "tests/cli/scratch_folder.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

sim::Scenario BuiltIn(const std::string& name, const std::vector<sim::Setting>& settings) {
  return *sim::ReadScenario(*sim::BuiltInScenarioText(name), name, settings);
}

TEST(DhtBench, FindsWhatTheScenariosExpectOfTheSameNetwork) {
  const sim::Strategies strategies;
  const auto count = [&](const std::vector<sim::Setting>& settings) {
    return ExpectedOf(BuiltIn("dht-lookups", settings), strategies).size();
  };
  EXPECT_EQ(count({{"dht.nodes", "10000"}}), 8u) << "seven of D1 and the estimate of D7";
  EXPECT_EQ(count({{"dht.nodes", "10000"}, {"dht.lookups", "5"}}), 8u);
  EXPECT_GE(count({{"dht.nodes", "1000000"}, {"dht.variant", "wide+pns"}}), 7u);
  EXPECT_EQ(count({{"dht.nodes", "777"}}), 0u);
  EXPECT_EQ(count({{"dht.nodes", "10000"}, {"network.loss", "0.1"}}), 0u);
}

TEST(DhtBench, KnowsPlainByItsParametersAsWell) {
  const sim::Strategies strategies;
  const sim::Scenario by_name =
      BuiltIn("dht-lookups", {{"dht.nodes", "1000000"}, {"dht.variant", "plain:k=20"}});
  const sim::Scenario by_bucket =
      BuiltIn("dht-lookups", {{"dht.nodes", "1000000"}, {"dht.bucket_size", "20"}});
  EXPECT_GE(ExpectedOf(by_bucket, strategies).size(), 7u);
  EXPECT_EQ(ExpectedOf(by_name, strategies).size(), ExpectedOf(by_bucket, strategies).size());
}

TEST(DhtBench, ListsTheNetworksOfWhichSomethingIsExpected) {
  const sim::Strategies strategies;
  const auto names = [&](uint64_t nodes_max) {
    std::string names;
    for (const ExpectedNetwork& network : ExpectedNetworks(nodes_max, strategies)) {
      EXPECT_LE(network.scenario.dht.nodes, nodes_max);
      names += network.name + "; ";
    }
    return names;
  };
  EXPECT_EQ(names(100), "");
  EXPECT_THAT(names(1000), HasSubstr("dht-lookups n1000; "));
  const std::string all = names(1'000'000);
  for (const char* name : {"dht-lookups n1000000-wide-pns; ", "dht-lookups live; ",
                           "dht-dead-entries more; ", "dht-churn five; "}) {
    EXPECT_THAT(all, HasSubstr(name));
  }
}

TEST(DhtBench, TellsTheSameAsTableMarkdownAndJson) {
  BenchReport report;
  report.source = "simulated";
  report.command = "starling dht bench --simulated";
  BenchGroup group;
  group.variant = "wide+pns";
  group.nodes = 10'000;
  group.dead = 0.2;
  group.metrics = {{"hops.mean", 2.5}, {"first_ms.p50", 123}};
  sim::CellResult cell;
  cell.name = "first, p50 ms";
  cell.verdict = sim::CellVerdict::kPass;
  cell.measured = 123;
  cell.max = 140;
  group.cells = {cell};
  report.groups = {group};
  std::string table;
  for (const std::string& line : RenderBench(report, 200)) table += line + "\n";
  EXPECT_THAT(table, HasSubstr("wide+pns"));
  EXPECT_THAT(table, HasSubstr("10000, 20 % dead"));
  EXPECT_THAT(table, HasSubstr("PASS"));
  EXPECT_THAT(BenchMarkdown(report), HasSubstr("| wide+pns | 10000, 20 % dead | 2.50 |"));
  const boost::json::value json = boost::json::parse(BenchJson(report));
  const auto& first = json.at("groups").as_array().at(0);
  EXPECT_EQ(first.at("variant").as_string(), "wide+pns");
  EXPECT_EQ(first.at("expected").as_array().at(0).at("verdict").as_string(), "PASS");
}

}  // namespace
}  // namespace starling::cli
