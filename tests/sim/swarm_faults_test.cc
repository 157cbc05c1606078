// Faults of swarm scenarios: whom they strike, that they end, and what a run says of those who are
// not done because of them.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "sim/run.h"
#include "sim/scenario_file.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

constexpr char kSeed[] = R"(
[population.seeds]
count = 1
seeds = true
measured = false
up = "100KB/s"
)";

// Ten leechers of a small file, and what `more` says.
Result RunWith(const std::string& head, const std::string& of_leechers, const std::string& more) {
  const Strategies strategies;
  const std::string text = absl::StrCat(head, R"(
dht_nodes = 8
[content.file]
size = "256KiB"
piece = "16KiB"
[population.leechers]
count = 10
up = "50KB/s"
)",
                                        of_leechers, more);
  const absl::StatusOr<Scenario> scenario = ReadScenario(text, "faults.toml", {}, &strategies);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  absl::StatusOr<std::unique_ptr<Run>> run = StartRun(*scenario, 1, strategies, {});
  EXPECT_TRUE(run.ok()) << run.status();
  while ((*run)->Advance()) continue;
  return (*run)->Finish();
}

double DoneShare(const Result& result) { return result.metrics.at("done_share"); }

TEST(SwarmFaults, ATrackerIsDownForAsLongAsItIsSaid) {
  const auto run = [](const std::string& length) {
    return RunWith(
        "discovery = \"tracker\"\nuntil = \"5min\"", "join = {at = \"30s\"}",
        absl::StrCat(kSeed, "[[fault]]\nkind = \"tracker-down\"\nat = \"5s\"\n", length));
  };
  EXPECT_EQ(DoneShare(run("length = \"10s\"")), 1);
  const Result for_good = run("");
  EXPECT_EQ(DoneShare(for_good), 0);
  EXPECT_EQ(for_good.broken.size(), 1u);  // everything was there, and nobody had it
}

TEST(SwarmFaults, BareNodesOfTheDhtComeBackFromACrash) {
  const auto run = [](const std::string& length) {
    return RunWith("until = \"1h\"", "join = {at = \"1min\"}",
                   absl::StrCat(kSeed, "[[fault]]\nkind = \"crash\"\nrouters = true\nshare = 0\n",
                                "at = \"5s\"\n", length));
  };
  EXPECT_EQ(DoneShare(run("length = \"10s\"")), 1);
  EXPECT_EQ(DoneShare(run("")), 0);
}

TEST(SwarmFaults, NobodyIsOwedAnythingWhoHasCrashedForGood) {
  const Result result = RunWith(
      "until = \"10min\"", "",
      absl::StrCat(kSeed, "[[fault]]\nkind = \"crash\"\nat = \"2s\"\npopulation = \"leechers\"\n",
                   "share = 0.2\n"));
  EXPECT_EQ(DoneShare(result), 0.8);
  EXPECT_TRUE(result.broken.empty()) << result.broken.front();
}

TEST(SwarmFaults, NobodyIsOwedWhatNobodyHas) {
  const Result result = RunWith("until = \"1min\"", "", "");
  EXPECT_EQ(DoneShare(result), 0);
  EXPECT_TRUE(result.broken.empty()) << result.broken.front();
}

TEST(SwarmGroups, MayBeListedBeforeThoseThatTheyAreInside) {
  const Result result =
      RunWith("until = \"10min\"", "group = \"rack\"\n", absl::StrCat(kSeed, R"([group.rack]
inside = "site"
copies = 2
[group.site]
up = "1MB/s"
)"));
  EXPECT_EQ(DoneShare(result), 1);
}

}  // namespace
}  // namespace starling::sim
