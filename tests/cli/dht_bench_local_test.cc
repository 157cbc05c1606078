// `starling dht bench --local N` as a user meets it: real sockets on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/local_dht.h"
#include "cli/open_files.h"
#include "tests/cli/child_program.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

class DhtBenchLocalTest : public testing::Test {
 protected:
  // Expects the exit code.
  std::string Say(std::vector<std::string> words, int code = 0) {
    words.insert(words.begin(), {"dht", "bench"});
    ChildProgram program(folder_ / "errors", std::move(words));
    const std::string said = program.ReadAll();
    EXPECT_EQ(program.Wait(), code) << program.Errors();
    return said;
  }
  std::string Errors() const { return ReadText(folder_ / "errors"); }

  ScratchFolder folder_;
};

TEST_F(DhtBenchLocalTest, RealNodesFormADhtAndEveryLookupFindsTheClosest) {
  const std::string out = folder_ / "out";
  const auto json = boost::json::parse(
      Say({"--local", "30", "--lookups", "100", "--variant", "plain", "--json", "--out", out}));
  EXPECT_EQ(json.at("source").as_string(), "local");
  EXPECT_FALSE(json.at("partial").as_bool());
  const auto& group = json.at("groups").as_array().at(0);
  EXPECT_EQ(group.at("lookups").to_number<int>(), 100);
  EXPECT_GT(group.at("cpu_us").to_number<double>(), 0);
  const auto& metrics = group.at("metrics");
  EXPECT_LT(metrics.at("formed_s").to_number<double>(), 10);
  EXPECT_GE(metrics.at("recall.mean").to_number<double>(), 0.99);
  EXPECT_LT(metrics.at("timeouts.mean").to_number<double>(), 0.1);
  const std::string rows = ReadText(out + "/lookups.csv");
  EXPECT_THAT(rows, HasSubstr("variant,nodes,seed,target,hops,queries,timeouts,bytes,first_ms,"
                              "done_ms,recall"));
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 101);
}

TEST_F(DhtBenchLocalTest, WithALatencyModelItDoesWhatTheSimulatorDoes) {
  // With 100 nodes half the lookups end at the first hop, and their median moves by a tenth with
  // who happened to answer first; with 300 it moves by a fortieth.
  const auto json = boost::json::parse(Say({"--local", "300", "--lookups", "800", "--variant",
                                            "plain", "--latency", "default", "--json"}));
  const auto& cells = json.at("groups").as_array().at(0).at("expected").as_array();
  ASSERT_EQ(cells.size(), 3u);
  EXPECT_EQ(cells.at(0).at("verdict").as_string(), "PASS") << boost::json::serialize(cells);
  EXPECT_EQ(cells.at(1).at("verdict").as_string(), "PASS") << boost::json::serialize(cells);
  // On a machine that has no time to send in time this says nothing.
  EXPECT_NE(cells.at(2).at("verdict").as_string(), "FAIL") << boost::json::serialize(cells);
}

TEST_F(DhtBenchLocalTest, ASignalTellsWhatThereIs) {
  ChildProgram program(folder_ / "errors", {"dht", "bench", "--local", "20", "--lookups", "1000000",
                                            "--variant", "plain", "--keep", "60s", "--json"});
  EXPECT_THAT(program.ReadLine(), HasSubstr(R"({"event":"ready","bootstrap":["127.1.1.1:)"));
  program.Signal(SIGINT);
  const auto json = boost::json::parse(program.ReadAll());
  EXPECT_EQ(program.Wait(), 128 + SIGINT);
  EXPECT_TRUE(json.at("partial").as_bool());
}

TEST_F(DhtBenchLocalTest, WrongValuesAreWrongUsage) {
  Say({"--local", "1"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("a number of nodes from 2 to 62500"));
  Say({"--local", "10", "--simulated"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("only one of --simulated and --local"));
  Say({"--local", "10", "--latency", "moon"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("none, lan, default or mobile"));
  Say({"--local", "10", "--churn", "kad"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("--churn is for --simulated"));
  Say({"--local", "10", "--rate", "5"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("--rate is for a live network"));
  Say({"--simulated", "--keep", "5s"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("--keep is for --local N"));
  Say({"--local", "10", "--variant", "slow"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("--variant slow: "));
  Say({"--local", "10", "--concurrency", "0"}, 2);
  Say({"--local", "10", "--lookups", "many"}, 2);
  Say({"--local", "10", "--keep", "forever"}, 2);
  Say({"--local", "10", "--bootstrap", "192.0.2.1:6881"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("only others on loopback addresses"));
}

TEST(OpenFiles, SaysHowManyItTakesAndHowManyAreAllowed) {
  EXPECT_TRUE(AllowOpenFiles(10, "--local").ok());
  const absl::Status status = AllowOpenFiles(1'000'000'000'000, "--local");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("--local 1000000000000 takes 1000000000064 open files, but only "));
}

TEST(PlacedDelay, IsThatOfTheSimulatorAndBothWaysForOthers) {
  sim::LinkOptions options;
  options.loss_ppm = 0;
  const sim::LinkModel links(options, 7);
  PlacedDelay delay(sim::LatencyProfile::kDefault, 7, 10);
  const Endpoint second = Endpoint::V4(0x7f020101, 5000);
  const Endpoint third = Endpoint::V4(0x7f030101, 5000);
  ASSERT_EQ(DhtCrowd::IndexOf(second), size_t{1});
  ASSERT_EQ(DhtCrowd::IndexOf(third), size_t{2});
  const double half = ToSeconds(links.RoundTrip(links.Place(1), links.Place(2))) / 2;
  EXPECT_GE(ToSeconds(delay.OneWay(second, third)), half * 0.999);
  EXPECT_LE(ToSeconds(delay.OneWay(second, third)), half * 1.5);

  const Endpoint other = Endpoint::V4(0x7f000005, 6000);
  ASSERT_EQ(DhtCrowd::IndexOf(other), std::nullopt);
  EXPECT_GT(delay.OneWay(second, other), Duration(0));
  EXPECT_EQ(DhtCrowd::IndexOf(Endpoint::V4(0x08080808, 53)), std::nullopt);
}

}  // namespace
}  // namespace starling::cli
