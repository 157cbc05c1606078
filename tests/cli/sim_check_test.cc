// `starling sim list`, `show` and `check` as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/sim_check_out.h"
#include "cli/sim_kept.h"
#include "sim/built_in_scenarios.h"
#include "sim/scenario_file.h"
#include "tests/cli/tiny_swarm.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kChecks[] = R"(
[[check.small.run]]
name = "two"
set = {leechers = 2}
seeds = 2
[[check.small.run]]
name = "three"
[[check.small.cell]]
name = "everybody finishes"
run = "two"
metric = "done_share"
min = 1
hard = true
[[check.small.cell]]
name = "some day"
waiting = "needs a rocket"
)";

constexpr char kImpossibleCell[] = R"([[check.small.cell]]
name = "before anything was sent"
run = "three"
metric = "last_completion_s"
max = 0
)";

class SimCheckTest : public TinySwarmTest {
 protected:
  // The path of a tiny swarm with checks.
  std::string Checked(const std::string& more = "") const {
    WriteText(tiny(), absl::StrCat(kTinySwarm, kChecks, more));
    return tiny();
  }
  std::string kept() const { return folder_ / "kept"; }
};

TEST_F(SimCheckTest, PrintsATableAndWhatItComesTo) {
  const Ended ended = Sim({"check", Checked()});
  EXPECT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("tiny: A tiny swarm"));
  EXPECT_THAT(ended.output, HasSubstr("PASS"));
  EXPECT_THAT(ended.output, HasSubstr("WAITING: needs a rocket"));
  EXPECT_THAT(ended.output, HasSubstr("2 cells: 1 PASS, 0 FAIL, 1 WAITING"));
}

TEST_F(SimCheckTest, AFailEndsWithExitCodeOne) {
  const Ended ended = Sim({"check", Checked(kImpossibleCell)});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.output, HasSubstr("FAIL"));
  EXPECT_THAT(ended.output, HasSubstr("3 cells: 1 PASS, 1 FAIL, 1 WAITING"));
}

TEST_F(SimCheckTest, TakesUpWhatIsKept) {
  const Ended first = Sim({"check", Checked(), "--out", kept()});
  EXPECT_EQ(first.code, 0) << first.errors;
  EXPECT_THAT(first.output, HasSubstr("3 runs"));
  std::filesystem::remove(kept() + "/tiny.small.two.2.json");
  const Ended second = Sim({"check", Checked(), "--out", kept()});
  EXPECT_EQ(second.code, 0) << second.errors;
  EXPECT_THAT(second.output, HasSubstr("1 runs, about"));
  EXPECT_THAT(second.output, HasSubstr("2 more are kept"));
  const Ended third = Sim({"check", Checked(), "--out", kept()});
  EXPECT_THAT(third.output, HasSubstr("all 3 runs are kept"));
  EXPECT_THAT(third.output, HasSubstr("1 PASS"));
}

TEST_F(SimCheckTest, AChangedScenarioIsRunAnew) {
  Sim({"check", Checked(), "--out", kept()});
  const Ended ended = Sim({"check", Checked("[network]\nlatency = \"lan\"\n"), "--out", kept()});
  EXPECT_THAT(ended.output, HasSubstr("3 runs, about"));
  EXPECT_THAT(ended.output, Not(HasSubstr("are kept")));
}

TEST_F(SimCheckTest, TheNumberOfThreadsChangesNothing) {
  const Ended one = Sim({"check", Checked(), "--json", "--jobs", "1"});
  const Ended three = Sim({"check", Checked(), "--json", "--jobs", "3"});
  auto cells = [](const Ended& ended) {
    return boost::json::parse(ended.output).at("scenarios").at(0).at("cells");
  };
  EXPECT_EQ(cells(one), cells(three));
  EXPECT_EQ(boost::json::parse(one.output).at("pass"), 1);
}

TEST_F(SimCheckTest, WritesTheTablesOfTheManual) {
  const Ended ended = Sim({"check", Checked(), "--markdown"});
  EXPECT_THAT(ended.output, StartsWith("<!-- Made by `starling sim check "));
  EXPECT_THAT(ended.output, HasSubstr("### `tiny`: A tiny swarm"));
  EXPECT_THAT(ended.output, HasSubstr("| everybody finishes |  | >= 1, each run | 1 |  | PASS |"));
}

TEST_F(SimCheckTest, RefusesWhatCannotBe) {
  EXPECT_EQ(Sim({"check", "--size", "medium"}).code, 2);
  EXPECT_EQ(Sim({"check", "--json", "--markdown"}).code, 2);
  EXPECT_EQ(Sim({"check", "--any-program"}).code, 2);
  const Ended missing = Sim({"check", Checked(), "--size", "huge"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.errors.substr(0, missing.errors.find(';')),
            absl::StrCat("starling: ", Checked(), " has no check of size huge"));
  EXPECT_EQ(Sim({"check", "no-such-scenario"}).code, 1);
  WriteText(folder_ / "bad.toml", "until = 5\n");
  const Ended bad = Sim({"check", folder_ / "bad.toml"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.errors, HasSubstr("bad.toml:1: until: must be a duration"));
}

TEST_F(SimCheckTest, ListNamesEveryScenarioAndStrategy) {
  const Ended scenarios = Sim({"list"});
  EXPECT_EQ(scenarios.code, 0);
  for (const std::string& name : sim::BuiltInScenarioNames()) {
    EXPECT_THAT(scenarios.output, HasSubstr(name + " "));
  }
  const Ended strategies = Sim({"list", "--strategies"});
  for (const char* name : {"tit-for-tat", "bittyrant", "rarest-first", "free-rider", "patience"}) {
    EXPECT_THAT(strategies.output, HasSubstr(name));
  }
}

TEST_F(SimCheckTest, ShowPrintsTheFileItself) {
  const Ended shown = Sim({"show", "flash-crowd"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_EQ(shown.output, sim::BuiltInScenarioText("flash-crowd"));
}

TEST_F(SimCheckTest, ShowTellsWhatASettingDoes) {
  const Ended shown = Sim({"show", "flash-crowd", "--set", "leechers=77"});
  EXPECT_EQ(shown.code, 0);
  const auto scenario = sim::ReadScenario(shown.output, "shown.toml");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->populations[1].count, 77u);
  EXPECT_EQ(Sim({"show", "flash-crowd", "--set", "leechers=0"}).code, 1);
  EXPECT_EQ(Sim({"show"}).code, 2);
}

TEST_F(SimCheckTest, ShowExplainsFields) {
  const Ended shown = Sim({"show", "--fields"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.output, HasSubstr("| `up_limit` | a rate from 0B/s to 1TB/s |"));
}

TEST(SimKept, ReadsBackWhatItWrote) {
  KeptRun kept;
  kept.scenario_key = "abc";
  kept.program_key = "def";
  kept.seed = UINT64_MAX;
  kept.trace_hash = "0x0123456789abcdef";
  kept.run.cpu_s = 1.25;
  kept.run.metrics = {{"done_share", 1}, {"third", 1.0 / 3}, {"none", sim::kNoValue}};
  kept.run.broken = {"a sentence"};
  const std::optional<KeptRun> again = ParseKeptRun(KeptRunJson(kept));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->seed, UINT64_MAX);
  EXPECT_EQ(again->scenario_key, "abc");
  EXPECT_EQ(again->trace_hash, kept.trace_hash);
  EXPECT_EQ(again->run.metrics,
            (std::map<std::string, double>{{"done_share", 1}, {"third", 1.0 / 3}}));
  EXPECT_THAT(again->run.broken, ElementsAre("a sentence"));
}

TEST(SimKept, RefusesDamagedFiles) {
  const std::string text = KeptRunJson(KeptRun{});
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseKeptRun(text.substr(0, size)).has_value());
  }
  EXPECT_FALSE(ParseKeptRun("[]").has_value());
  EXPECT_FALSE(ParseKeptRun(R"({"seed":-1,"metrics":{},"broken":[]})").has_value());
}

TEST(SimKept, TheKeyOfAScenarioIsWhatDecidesItsRun) {
  sim::Scenario scenario;
  const std::string key = ScenarioKey(scenario);
  scenario.title = "another title";
  scenario.checks.emplace_back();
  EXPECT_EQ(ScenarioKey(scenario), key);
  scenario.network.slow_start = true;
  EXPECT_NE(ScenarioKey(scenario), key);
}

}  // namespace
}  // namespace starling::cli
