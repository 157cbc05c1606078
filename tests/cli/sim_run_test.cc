// `starling sim run` as a user meets it: a tiny swarm, the files it leaves, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/sim_target.h"
#include "tests/cli/tiny_swarm.h"

namespace starling::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class SimRunTest : public TinySwarmTest {
 protected:
  Ended Run(std::vector<std::string> words) const {
    words.insert(words.begin(), "run");
    return Sim(std::move(words));
  }
  std::string out() const { return folder_ / "out"; }
  boost::json::object ReadResult() const {
    return boost::json::parse(ReadText(out() + "/result.json")).as_object();
  }
};

TEST_F(SimRunTest, PrintsASummary) {
  const Ended ended = Run({tiny()});
  EXPECT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, StartsWith("tiny, seed 1, trace hash 0x"));
  EXPECT_THAT(ended.output, HasSubstr("3 of 3"));
  EXPECT_THAT(ended.output, HasSubstr("uplink in use, over time"));
  EXPECT_EQ(ended.errors, "");
}

TEST_F(SimRunTest, WritesEverythingIntoAFolderAndRepeatsIt) {
  const Ended ended = Run({tiny(), "--seed", "3", "--set", "leechers=2", "--out", out()});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  for (const char* name :
       {"scenario.toml", "command.txt", "metrics.csv", "nodes.csv", "series.csv", "pieces.csv",
        "unchokes.csv", "report.html", "plots/completion.vl.json", "plots/utilisation.vl.json"}) {
    EXPECT_NE(ReadText(out() + "/" + name), "") << name;
  }
  EXPECT_EQ(
      ReadText(out() + "/command.txt"),
      absl::StrCat("starling sim run ", tiny(), " --seed 3 --set leechers=2 --out ", out(), "\n"));
  const boost::json::object result = ReadResult();
  EXPECT_EQ(result.at("seed"), 3);
  EXPECT_EQ(result.at("partial"), false);
  EXPECT_EQ(result.at("metrics").as_object().at("all.completion_s.count"), 2);

  const Ended again = Run({out()});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr(absl::StrCat("the trace hash agrees with the earlier run: ",
                                                   result.at("trace_hash").as_string().c_str())));
}

TEST_F(SimRunTest, TheSameSeedWritesTheSameBytes) {
  ASSERT_EQ(Run({tiny(), "--out", out()}).code, 0);
  const std::string first = ReadText(out() + "/result.json") + ReadText(out() + "/series.csv");
  ASSERT_EQ(Run({tiny(), "--out", out(), "--force"}).code, 0);
  EXPECT_EQ(ReadText(out() + "/result.json") + ReadText(out() + "/series.csv"), first);
}

TEST_F(SimRunTest, AnotherHashThanBeforeIsAnError) {
  ASSERT_EQ(Run({tiny(), "--out", out()}).code, 0);
  boost::json::object result = ReadResult();
  result["trace_hash"] = "0x0123456789abcdef";
  WriteText(out() + "/result.json", boost::json::serialize(result));
  const Ended ended = Run({out()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("the trace hash differs: it was 0x0123456789abcdef, it is"));
}

TEST_F(SimRunTest, AFolderWithAnotherResultIsKeptUnlessForced) {
  ASSERT_EQ(Run({tiny(), "--out", out()}).code, 0);
  WriteText(out() + "/lookups.csv", "of another run");
  const std::string before = ReadText(out() + "/result.json");
  const Ended refused = Run({tiny(), "--seed", "2", "--out", out()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, AllOf(StartsWith("starling: "), HasSubstr("holds another result"),
                                    HasSubstr("--force")));
  EXPECT_EQ(ReadText(out() + "/result.json"), before);
  EXPECT_EQ(Run({tiny(), "--seed", "2", "--out", out(), "--force"}).code, 0);
  EXPECT_EQ(ReadResult().at("seed"), 2);
  EXPECT_EQ(ReadText(out() + "/lookups.csv"), "") << "nothing of the other run is left";
}

TEST_F(SimRunTest, AFolderWithOtherFilesIsKeptUnlessForced) {
  const Ended ended = Run({tiny(), "--out", folder_.path()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is not empty"));
}

TEST_F(SimRunTest, StoppedEarlyItIsPartialAndCanBeRepeated) {
  const Ended ended = Run({tiny(), "--until", "2s", "--out", out()});
  EXPECT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("partial: stopped after 2.00 s"));
  EXPECT_EQ(ReadResult().at("partial"), true);
  const Ended again = Run({out()});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("agrees"));
}

TEST_F(SimRunTest, ASignalEndsItWithWhatThereIs) {
  ChildProgram program(folder_ / "errors", {"sim", "run", tiny(), "--out", out(), "--set",
                                            "until=80000h", "--set", "until_done=false"});
  while (!std::filesystem::exists(out() + "/plots") && program.Errors().empty()) {
    std::this_thread::yield();
  }
  program.Signal(SIGINT);
  program.ReadAll();
  EXPECT_EQ(program.Wait(), 130) << program.Errors();
  EXPECT_EQ(ReadResult().at("partial"), true);
  EXPECT_THAT(ReadText(out() + "/report.html"), HasSubstr("This result is partial"));
}

TEST_F(SimRunTest, WhatMustHoldAndDoesNotNamesTheCommandThatShowsIt) {
  const Ended ended = Run({tiny(), "--seed", "2", "--set", "until=2s", "--out", out()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("leechers were not done in time"));
  EXPECT_THAT(ended.errors, HasSubstr(absl::StrCat("starling sim run ", tiny(),
                                                   " --seed 2 --set until=2s --until 2s\n")));
  EXPECT_EQ(ReadResult().at("broken").as_array().size(), 1u) << "the result is kept";
}

TEST_F(SimRunTest, JsonIsTheResultAndDocumentedFieldByField) {
  const Ended ended = Run({tiny(), "--json"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  const boost::json::object result = boost::json::parse(ended.output).as_object();
  // Heading -> first cells of the table below it.
  std::map<std::string, std::vector<std::string>> documented;
  std::string heading;
  for (const std::string& line : std::vector<std::string>(
           absl::StrSplit(ReadText(STARLING_SOURCE_DIR "/docs/results.md"), '\n'))) {
    absl::string_view rest = line;
    if (absl::StartsWith(rest, "#")) {
      heading = std::string(absl::StripLeadingAsciiWhitespace(rest.substr(rest.find(' '))));
    } else if (absl::ConsumePrefix(&rest, "| ") && !absl::StartsWith(rest, "field |") &&
               !absl::StartsWith(rest, "column |")) {
      documented[heading].emplace_back(rest.substr(0, rest.find(" |")));
    }
  }
  std::vector<std::string> fields;
  for (const auto& entry : result) fields.emplace_back(entry.key());
  EXPECT_EQ(fields, documented["result.json"]);
  ASSERT_EQ(result.at("tables").as_array().size(), 4u);
  for (const boost::json::value& table : result.at("tables").as_array()) {
    std::vector<std::string> columns;
    for (const boost::json::value& column : table.at("columns").as_array()) {
      columns.emplace_back(column.at("name").as_string());
    }
    EXPECT_EQ(columns, documented[std::string(table.at("name").as_string())]);
  }
}

TEST_F(SimRunTest, AskingForMoreMemoryThanThereIsIsRefusedWithTheFigures) {
  const Ended ended =
      Run({tiny(), "--set", "leechers=1000000", "--set", "population.leechers.connections=60000"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, MatchesRegex("starling: tiny needs about [0-9.]+ TB of memory, and "
                                         "[0-9.]+ [KMGT]?B are available; .*\n"));
}

TEST_F(SimRunTest, AChokerThatDoesNotExistIsRefusedWithItsLine) {
  WriteText(tiny(), absl::StrReplaceAll(kTinySwarm, {{"stay =", "choker = \"greedy\"\nstay ="}}));
  const Ended ended = Run({tiny()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors,
              StartsWith(absl::StrCat("starling: ", tiny(),
                                      ":20: population.leechers.choker: there is no choker "
                                      "greedy; there are tit-for-tat, ")));
}

TEST_F(SimRunTest, BadInputIsOneLine) {
  WriteText(folder_ / "bad.toml", "until = 3\n");
  const std::vector<std::pair<std::vector<std::string>, int>> cases = {
      {{}, 2},
      {{"a", "b"}, 2},
      {{"no-such-scenario"}, 1},
      {{folder_ / "no-such-file.toml"}, 1},
      {{folder_ / "bad.toml"}, 1},
      {{folder_.path()}, 1},
      {{tiny(), "--seed", "-1"}, 2},
      {{tiny(), "--until", "soon"}, 2},
      {{tiny(), "--until", "0s"}, 2},
      {{tiny(), "--watch", "me"}, 2},
      {{"dht-lookups", "--watch", "0"}, 2},
      {{tiny(), "--set", "leechers"}, 2},
      {{tiny(), "--set", "=3"}, 2},
      {{tiny(), "--set", "leechers=0"}, 1},
      {{tiny(), "--set", "leeches=3"}, 1},
      {{tiny(), "--force"}, 2},
      {{tiny(), "--out", ""}, 2},
      {{tiny(), "--out", "/dev/null/x"}, 1},
  };
  for (const auto& [words, code] : cases) {
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, code) << (words.empty() ? "" : words.back()) << ended.errors;
    EXPECT_THAT(ended.errors, AllOf(StartsWith("starling: "), EndsWith("\n")));
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
    EXPECT_EQ(ended.output, "");
  }
}

TEST_F(SimRunTest, SaysThatNobodyHasTheWatchedNumber) {
  const Ended ended = Run({tiny(), "--watch", "4"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.output, "");
  EXPECT_THAT(ended.errors, MatchesRegex("starling: --watch 4: the members of .* are 0 to 3\n"));
  EXPECT_EQ(Run({tiny(), "--watch", "3"}).code, 0);
  // Where others may follow it is known only afterwards.
  EXPECT_THAT(
      Run({tiny(), "--watch", "4", "--until", "1ms", "--set", "population.leechers.stay=rejoin"})
          .errors,
      HasSubstr(" members that joined until it was stopped none has that number"));
}

TEST(EarlierResult, IsReadOrRefusedWithAReason) {
  const auto read = [](const std::string& text) { return ParseEarlierResult(text, "x.json"); };
  const auto whole =
      read(R"({"schema_version":1,"seed":18446744073709551615,"trace_hash":"0x1","partial":true,)"
           R"("simulated_us":1500000,"commit":"c","compiler":"d"})");
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->seed, UINT64_MAX);
  EXPECT_EQ(whole->stopped, milliseconds(1500));
  for (const char* text :
       {"", "[]", "{", "{}", R"({"schema_version":2})",
        R"({"schema_version":1,"seed":"x","trace_hash":"0x1","partial":false,"simulated_us":1})",
        R"({"schema_version":1,"seed":1,"trace_hash":1,"partial":false,"simulated_us":1})",
        R"({"schema_version":1,"seed":1,"trace_hash":"0x1","partial":3,"simulated_us":1})",
        R"({"schema_version":1,"seed":1,"trace_hash":"0x1","partial":false,"simulated_us":-1})"}) {
    EXPECT_THAT(std::string(read(text).status().message()), StartsWith("x.json: ")) << text;
  }
  const auto of_a_bench =
      read(R"({"schema_version":1,"seed":1,"trace_hash":"0x0000000000000000","partial":false,)"
           R"("simulated_us":1})");
  EXPECT_THAT(std::string(of_a_bench.status().message()), HasSubstr("starling dht bench"));
}

}  // namespace
}  // namespace starling::cli
