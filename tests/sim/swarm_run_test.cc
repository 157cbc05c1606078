// Runs of swarm scenarios as they are written in TOML.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/run.h"
#include "sim/scenario_file.h"
#include "sim/shared_start.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

constexpr char kFileAndSeed[] = R"(until = "1h"
dht_nodes = 8
[content.file]
size = "1MiB"
piece = "16KiB"
[population.seeds]
count = 1
seeds = true
measured = false
up = "100KB/s"
)";

// Twelve leechers of a file of 64 pieces; `of_leechers` are further lines of theirs.
Result RunTiny(const std::string& of_leechers) {
  const Strategies strategies;
  const std::string text = absl::StrCat(kFileAndSeed, R"([population.leechers]
count = 12
up = "50KB/s"
down = "400KB/s"
)",
                                        of_leechers);
  const absl::StatusOr<Scenario> scenario = ReadScenario(text, "tiny.toml", {}, &strategies);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  absl::StatusOr<std::unique_ptr<Run>> run = StartRun(*scenario, 1, strategies, {});
  EXPECT_TRUE(run.ok()) << run.status();
  while ((*run)->Advance()) continue;
  return (*run)->Finish();
}

// A leecher of another link, choker and picker may come after 40 s.
Scenario WithLatecomer(const std::string& up, const std::string& of_latecomer) {
  const Strategies strategies;
  const std::string text = absl::StrCat(kFileAndSeed, R"([population.leechers]
count = 6
measured = false
up = "50KB/s"
down = "400KB/s"
stay = "rejoin"
[population.late]
count = 2
down = "400KB/s"
join = {at = "40s", over = "3s"}
up = ")",
                                        up, "\"\n", of_latecomer);
  absl::StatusOr<Scenario> scenario = ReadScenario(text, "late.toml", {}, &strategies);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  scenario->sample = seconds(5);
  return *std::move(scenario);
}

std::unique_ptr<Run> Start(const Scenario& scenario) {
  absl::StatusOr<std::unique_ptr<Run>> run = StartRun(scenario, 7, Strategies(), {});
  EXPECT_TRUE(run.ok()) << run.status();
  return *std::move(run);
}

Result RunOut(Run& run) {
  while (run.Advance()) continue;
  return run.Finish();
}

// Copies that the leechers fetched; some blocks come twice in the end.
double CopiesOf(const Result& result) { return result.metrics.at("leechers.downloaded_copies"); }

// Four hosts and their origin begin in one moment, so each looks for peers before any of the others
// has announced itself. 0.8 s is the bound; with a second between looks it was 1.15 s in the mean.
TEST(SwarmRun, AFleetThatBeginsInOneMomentFindsItselfAtOnce) {
  const Strategies strategies;
  const absl::StatusOr<Scenario> scenario = ReadScenario(R"(until = "1h"
dht_nodes = 8
[network]
latency = "lan"
[content.file]
size = "10MB"
piece = "64KiB"
[population.origins]
count = 1
seeds = true
measured = false
up = "12.5MB/s"
[population.hosts]
count = 4
up = "12.5MB/s"
)",
                                                         "fleet.toml", {}, &strategies);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  constexpr uint64_t kSeeds = 5;
  double last_s = 0;
  double copies = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    auto run = StartRun(*scenario, seed, strategies, {});
    ASSERT_TRUE(run.ok()) << run.status();
    const Result result = RunOut(**run);
    last_s += result.metrics.at("last_completion_s") / kSeeds;
    copies += result.metrics.at("origin_copies") / kSeeds;
  }
  EXPECT_LT(last_s, 1.08);
  EXPECT_LT(copies, 1.27);
}

TEST(SwarmRun, WhoBeginsWithAPartFetchesTheRest) {
  const Result empty = RunTiny("");
  EXPECT_GE(CopiesOf(empty), 12);
  EXPECT_EQ(empty.metrics.count("t_min_s"), 1u);
  const Result quarter = RunTiny("has = 0.25\n");
  EXPECT_TRUE(quarter.broken.empty());
  EXPECT_EQ(quarter.metrics.at("done_share"), 1);
  EXPECT_GE(CopiesOf(quarter), 9);
  EXPECT_LT(CopiesOf(quarter), 11);
  EXPECT_EQ(quarter.metrics.count("t_min_s"), 0u) << "the bound is of empty leechers";
  EXPECT_LT(quarter.metrics.at("leechers.completion_s.mean"),
            empty.metrics.at("leechers.completion_s.mean"));
  const Result any = RunTiny("has = 0.1\nhas_max = 0.9\n");
  EXPECT_NEAR(CopiesOf(any), 6, 2.5);
  // One piece is left to fetch.
  const Result most = RunTiny("has = 1\n");
  EXPECT_GE(CopiesOf(most), 12 / 64.0);
  EXPECT_LE(CopiesOf(most), 24 / 64.0);
}

TEST(SwarmRun, WhoComesBackHasNothing) {
  const Result result = RunTiny(
      "has = 1\nmeasured = false\nstay = \"rejoin\"\n"
      "[population.late]\ncount = 1\nup = \"50KB/s\"\ndown = \"400KB/s\"\n"
      "join = {at = \"100s\"}\n");
  // The one piece of each, and something of a second copy each.
  EXPECT_GT(CopiesOf(result), 1);
}

TEST(SwarmRun, GoesOnAsAnotherUntilLatecomersEnter) {
  const Scenario stock = WithLatecomer("60KB/s", "");
  const Scenario tyrant = WithLatecomer(
      "30KB/s", "choker = \"bittyrant\"\npieces = \"classic\"\nup_limit_share = 0.9\n");
  ASSERT_EQ(FirstLatecomers(stock), seconds(40));
  EXPECT_EQ(WithoutLatecomers(stock), WithoutLatecomers(tyrant));
  const Result alone = RunOut(*Start(tyrant));
  ASSERT_NE(alone.trace_hash, RunOut(*Start(stock)).trace_hash);

  const std::unique_ptr<sim::Run> run = Start(stock);
  while (run->progress().simulated < seconds(35)) ASSERT_TRUE(run->Advance());
  ASSERT_TRUE(run->Recast(tyrant, Strategies()).ok());
  const Result recast = RunOut(*run);
  EXPECT_EQ(recast.trace_hash, alone.trace_hash);
  EXPECT_EQ(recast.events, alone.events);
  EXPECT_EQ(recast.metrics, alone.metrics);
}

TEST(SwarmRun, DoesNotGoOnAsWhatItWasNot) {
  const Scenario stock = WithLatecomer("60KB/s", "");
  const std::unique_ptr<sim::Run> run = Start(stock);
  const Scenario more = WithLatecomer("60KB/s", "connections = 20\n");
  EXPECT_EQ(run->Recast(more, Strategies()).code(), absl::StatusCode::kFailedPrecondition);
  const Scenario slower = WithLatecomer("50KB/s", "");
  ASSERT_TRUE(run->Recast(slower, Strategies()).ok());
  while (run->progress().simulated < seconds(40)) ASSERT_TRUE(run->Advance());
  EXPECT_EQ(run->Recast(stock, Strategies()).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace starling::sim
