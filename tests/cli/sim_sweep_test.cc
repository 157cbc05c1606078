// `starling sim sweep` and `starling sim compare` as a user meets them: tiny swarms, the files they
// leave, what is made again and what is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "absl/strings/str_split.h"
#include "cli/sim_kept.h"
#include "tests/cli/tiny_swarm.h"

namespace starling::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SimSweepTest : public TinySwarmTest {
 protected:
  Ended Sweep(const std::string& out, std::vector<std::string> more) const {
    std::vector<std::string> words = {"sweep", tiny(), "--out", folder_ / out};
    words.insert(words.end(), more.begin(), more.end());
    return Sim(words);
  }
  std::string Read(const std::string& path) const { return ReadText(folder_ / path); }
  std::vector<std::string> LinesOf(const std::string& path) const {
    return absl::StrSplit(Read(path), '\n', absl::SkipEmpty());
  }
  // When each of the kept runs was written.
  std::vector<std::filesystem::file_time_type> KeptTimes(const std::string& out) const {
    std::vector<std::filesystem::file_time_type> times;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / (out + "/runs"))) {
      times.push_back(entry.last_write_time());
    }
    std::sort(times.begin(), times.end());
    return times;
  }
};

TEST_F(SimSweepTest, WritesARowARunAndASummaryAPointAndMetric) {
  const Ended ended = Sweep("out", {"--vary", "leechers=2,3", "--vary",
                                    "choker=tit-for-tat,(bittyrant:cap=1M)", "--seeds", "1..2"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  const std::vector<std::string> runs = LinesOf("out/runs.csv");
  ASSERT_EQ(runs.size(), 9u);
  EXPECT_THAT(runs[0], StartsWith("run,leechers,choker,seed,trace_hash,broken,"));
  EXPECT_THAT(runs[0], HasSubstr(",all.completion_s.mean,"));
  EXPECT_THAT(runs[1], StartsWith("1,2,tit-for-tat,1,0x"));
  EXPECT_THAT(runs[4], StartsWith("4,2,bittyrant:cap=1M,2,0x"));
  EXPECT_THAT(runs[8], StartsWith("8,3,bittyrant:cap=1M,2,0x"));
  const std::string summary = Read("out/summary.csv");
  EXPECT_THAT(summary, StartsWith("leechers,choker,metric,n,mean,sd,low,high\n"));
  EXPECT_THAT(summary, HasSubstr("\n3,tit-for-tat,done_share,2,1,0,1,1\n"));
  EXPECT_THAT(ended.output, AllOf(HasSubstr("leechers"), HasSubstr("completion, s"),
                                  HasSubstr("bittyrant:cap=1M"), HasSubstr("written: ")));
  EXPECT_THAT(Read("out/report.html"),
              AllOf(HasSubstr("median gain of leechers=2 choker=bittyrant:cap=1M"),
                    HasSubstr("over the first combination")));
  EXPECT_THAT(Read("out/gains.csv"), StartsWith("combination,seed,gain\nleechers=2 choker=bitty"));
  EXPECT_THAT(Read("out/plots/sweep-gains.vl.json"), HasSubstr("leechers=2 choker=tit-for-tat"));
  const auto sweep = boost::json::parse(Read("out/sweep.json"));
  EXPECT_EQ(sweep.at("scenario").as_string(), "tiny");
  EXPECT_EQ(sweep.at("vary").as_array().size(), 2u);
}

TEST_F(SimSweepTest, HowManyThreadsThereAreChangesNoByte) {
  const std::vector<std::string> what = {"--vary", "leechers=2,3", "--seeds", "1..2", "--jobs"};
  for (const char* jobs : {"1", "3"}) {
    std::vector<std::string> words = what;
    words.push_back(jobs);
    ASSERT_EQ(Sweep(jobs, words).code, 0);
  }
  EXPECT_EQ(Read("1/runs.csv"), Read("3/runs.csv"));
  EXPECT_EQ(Read("1/summary.csv"), Read("3/summary.csv"));
}

TEST_F(SimSweepTest, CalledAgainItMakesOnlyWhatIsMissing) {
  const std::vector<std::string> what = {"--vary", "leechers=2", "--seeds", "1..3"};
  ASSERT_EQ(Sweep("out", what).code, 0);
  const std::string runs = Read("out/runs.csv");
  const auto times = KeptTimes("out");
  ASSERT_EQ(times.size(), 3u);

  ASSERT_EQ(Sweep("out", what).code, 0);
  EXPECT_EQ(Read("out/runs.csv"), runs);
  EXPECT_EQ(KeptTimes("out"), times) << "all were kept";

  const auto one = *std::filesystem::directory_iterator(folder_ / "out/runs");
  std::filesystem::remove(one.path());
  std::filesystem::remove(folder_ / "out/runs.csv");
  ASSERT_EQ(Sweep("out", what).code, 0);
  EXPECT_EQ(Read("out/runs.csv"), runs) << "cut off and resumed it is the same";

  const Ended more = Sweep("out", {"--vary", "leechers=2,3", "--seeds", "1..3"});
  ASSERT_EQ(more.code, 0) << more.errors;
  EXPECT_THAT(more.output, HasSubstr("3 runs to make"));
  EXPECT_THAT(more.output, HasSubstr("3 are kept"));
  EXPECT_EQ(LinesOf("out/runs.csv").size(), 7u);
}

TEST_F(SimSweepTest, AnotherSweepIsKeptUnlessForced) {
  ASSERT_EQ(Sweep("out", {"--vary", "leechers=2", "--seeds", "1"}).code, 0);
  const std::string runs = Read("out/runs.csv");
  for (const std::vector<std::string>& other : std::vector<std::vector<std::string>>{
           {"--seeds", "1"},
           {"--vary", "choker=tit-for-tat", "--seeds", "1"},
           {"--vary", "leechers=2", "--seeds", "1", "--set", "until=2h"}}) {
    const Ended refused = Sweep("out", other);
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.errors, AllOf(HasSubstr("holds another sweep"), HasSubstr("--force")));
    EXPECT_EQ(Read("out/runs.csv"), runs);
  }
  EXPECT_EQ(Sweep("out", {"--seeds", "2", "--force"}).code, 0);
  EXPECT_THAT(LinesOf("out/runs.csv")[1], StartsWith("1,2,0x"));
  EXPECT_EQ(KeptTimes("out").size(), 1u) << "nothing of the other sweep is left";

  WriteText(folder_ / "precious", "");
  std::filesystem::create_directory(folder_ / "full");
  WriteText(folder_ / "full/precious", "");
  EXPECT_THAT(Sweep("full", {"--seeds", "1"}).errors, HasSubstr("is not empty"));
}

TEST_F(SimSweepTest, ASignalKeepsWhatThereIsAndSaysSo) {
  ChildProgram program(folder_ / "errors", {"sim", "sweep", tiny(), "--out", folder_ / "out",
                                            "--seeds", "1..20000", "--jobs", "1"});
  std::error_code missing;
  while (std::filesystem::directory_iterator(folder_ / "out/runs", missing) ==
             std::filesystem::directory_iterator() &&
         program.Errors().empty()) {
    std::this_thread::yield();
  }
  program.Signal(SIGTERM);
  program.ReadAll();
  EXPECT_EQ(program.Wait(), 143) << program.Errors();
  EXPECT_THAT(program.Errors(), HasSubstr("the same command goes on"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/runs.csv"));
  EXPECT_THAT(Sim({"compare", folder_ / "out", folder_ / "out"}).errors, HasSubstr("cut off"));
}

TEST_F(SimSweepTest, WhatMustHoldAndDoesNotNamesTheCommandThatShowsIt) {
  const Ended ended = Sweep("out", {"--vary", "leechers=2", "--seeds", "1,3", "--set", "until=2s"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("--seed 3 --set until=2s --set leechers=2"));
  EXPECT_THAT(LinesOf("out/runs.csv")[1], HasSubstr(",1,0x")) << "the row is there all the same";
}

TEST_F(SimSweepTest, WhatCannotBeMadeIsLeftOutOfTheTablesAndIsAnError) {
  const Ended ended = Sweep("out", {"--vary", "leechers=2,1000000", "--seeds", "1", "--set",
                                    "population.leechers.connections=60000"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("1 of 2 runs could not be made"),
                                  HasSubstr("leechers=1000000, seed 1"), HasSubstr("of memory")));
  EXPECT_THAT(LinesOf("out/runs.csv")[2], StartsWith("2,1000000,1,,0,,"));
}

TEST_F(SimSweepTest, JsonIsTheSummary) {
  const Ended ended = Sweep("out", {"--vary", "leechers=2,3", "--seeds", "1..2", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  const auto value = boost::json::parse(ended.output);
  EXPECT_EQ(value.at("runs"), 4);
  const auto& point = value.at("points").at(1);
  EXPECT_EQ(point.at("values").at("leechers").as_string(), "3");
  EXPECT_EQ(point.at("metrics").at("done_share").at("n"), 2);
}

TEST_F(SimSweepTest, BadInputIsOneLine) {
  const std::string out = folder_ / "out";
  const std::vector<std::pair<std::vector<std::string>, int>> cases = {
      {{"sweep", "--out", out}, 2},
      {{"sweep", tiny()}, 2},
      {{"sweep", tiny(), "--out", out, "--vary", "leechers"}, 2},
      {{"sweep", tiny(), "--out", out, "--vary", "leechers=(2"}, 2},
      {{"sweep", tiny(), "--out", out, "--vary", "leechers=2", "--vary", "leechers=3"}, 2},
      {{"sweep", tiny(), "--out", out, "--vary", "leechers=2", "--set", "leechers=3"}, 2},
      {{"sweep", tiny(), "--out", out, "--vary", "leechers=2,none"}, 1},
      {{"sweep", tiny(), "--out", out, "--vary", "leeches=2"}, 1},
      {{"sweep", tiny(), "--out", out, "--vary", "choker=greedy"}, 1},
      {{"sweep", tiny(), "--out", out, "--seeds", "3..1"}, 2},
      {{"sweep", tiny(), "--out", out, "--jobs", "0"}, 2},
      {{"sweep", "no-such", "--out", out}, 1},
      {{"sweep", tiny(), "--out", "/dev/null/x"}, 1},
      {{"compare"}, 2},
      {{"compare", out}, 2},
      {{"compare", out, out}, 1},
      {{"compare", folder_.path(), folder_.path()}, 1},
  };
  for (const auto& [words, code] : cases) {
    const Ended ended = Sim(words);
    EXPECT_EQ(ended.code, code) << words.back() << ": " << ended.errors;
    EXPECT_THAT(ended.errors, AllOf(StartsWith("starling: "), EndsWith("\n")));
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
    EXPECT_EQ(ended.output, "");
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST_F(SimSweepTest, ComparesSweepsPointByPoint) {
  ASSERT_EQ(Sweep("slow", {"--vary", "leechers=2,3", "--seeds", "1..3", "--set",
                           "population.seeds.up=20KB/s"})
                .code,
            0);
  ASSERT_EQ(Sweep("fast", {"--vary", "leechers=3,4", "--seeds", "1..3"}).code, 0);
  const Ended ended = Sim({"compare", folder_ / "slow", folder_ / "fast"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, AllOf(StartsWith("leechers=3\n"), HasSubstr("all.completion_s.mean"),
                                  HasSubstr("95 % interval"), HasSubstr(" ± "),
                                  HasSubstr("  clear\n"), HasSubstr("only in slow: leechers=2\n"),
                                  HasSubstr("only in fast: leechers=4\n")));
  const Ended json = Sim(
      {"compare", folder_ / "slow", folder_ / "fast", "--json", "--metric", "*.completion_s.p50"});
  ASSERT_EQ(json.code, 0) << json.errors;
  const auto metrics = boost::json::parse(json.output).at("points").at(0).at("metrics");
  EXPECT_EQ(metrics.as_object().size(), 2u);
  EXPECT_LT(metrics.at("all.completion_s.p50").at("difference").as_double(), 0);
  EXPECT_THAT(Sim({"compare", folder_ / "slow", folder_ / "fast", "--metric", "nothing"}).errors,
              HasSubstr("no metric"));
}

TEST_F(SimSweepTest, ComparesSingleResultsWithoutIntervals) {
  for (const char* seed : {"1", "2"}) {
    ASSERT_EQ(Sim({"run", tiny(), "--seed", seed, "--out", folder_ / seed}).code, 0);
  }
  const Ended ended = Sim({"compare", folder_ / "1", folder_ / "2"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("all.completion_s.mean"), Not(HasSubstr("clear"))));
  ASSERT_EQ(Sweep("out", {"--seeds", "1"}).code, 0);
  const Ended same = Sim({"compare", folder_ / "1", folder_ / "out", "--json"});
  ASSERT_EQ(same.code, 0) << same.errors;
  EXPECT_THAT(same.output, HasSubstr(R"("difference":0,)")) << "a sweep's run is the run itself";
}

TEST(KeptRuns, AreReadBackToTheLastDigit) {
  KeptRun kept;
  kept.scenario_key = "a";
  for (int i = 1; i < 1000; ++i) kept.run.metrics[absl::StrCat("m", i)] = 1905.7 / i;
  const std::optional<KeptRun> again = ParseKeptRun(KeptRunJson(kept));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->run.metrics, kept.run.metrics);
}

TEST(KeptRuns, NumbersOfEarlierProgramsAreReadToo) {
  const auto kept = ParseKeptRun(R"({"seed":1,"metrics":{"m":2.5},"broken":[]})");
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->run.metrics.at("m"), 2.5);
}

}  // namespace
}  // namespace starling::cli
