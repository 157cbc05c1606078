// Many runs at once, and those that begin together.
#include "cli/sim_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/sim_branch.h"
#include "cli/sim_bundles.h"
#include "sim/scenario_file.h"
#include "tests/cli/tiny_swarm.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two leechers that come first and come back, and one after 30 s, with this uplink.
std::shared_ptr<const sim::Scenario> WithLatecomer(int up_kb, const std::string& more = "") {
  const sim::Strategies strategies;
  const std::string text =
      absl::StrCat(kTinySwarm, "[population.late]\ncount = 1\njoin = {at = \"30s\"}\nup = \"",
                   up_kb, "KB/s\"\n", more);
  absl::StatusOr<sim::Scenario> scenario = sim::ReadScenario(text, "tiny.toml", {}, &strategies);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  scenario->until = minutes(20);
  return std::make_shared<const sim::Scenario>(*std::move(scenario));
}

std::map<size_t, SimJobResult> RunAll(const std::vector<SimJob>& jobs, int threads,
                                      const sim::Strategies& strategies = {}) {
  std::map<size_t, SimJobResult> results;
  SimJobsOptions options;
  options.threads = threads;
  options.on_done = [&](size_t job, SimJobResult result) {
    EXPECT_TRUE(results.emplace(job, std::move(result)).second) << job;
  };
  EXPECT_TRUE(RunSimJobs(jobs, strategies, options).ok());
  return results;
}

SimJob Job(std::shared_ptr<const sim::Scenario> scenario, uint64_t seed) {
  return {absl::StrCat("seed ", seed), std::move(scenario), seed};
}

TEST(BundleJobs, PutsTogetherWhatBeginsAlike) {
  const auto slow = WithLatecomer(10);
  const auto fast = WithLatecomer(90);
  const std::vector<SimJob> jobs = {Job(slow, 1), Job(slow, 2), Job(fast, 1), Job(fast, 2)};
  const std::vector<SimBundle> two = BundleJobs(jobs, 1);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_THAT(two[0].jobs, ElementsAre(0, 2));
  EXPECT_THAT(two[1].jobs, ElementsAre(1, 3));
  EXPECT_EQ(two[0].shared, seconds(30));
  // With more threads than beginnings, all of them have work.
  const std::vector<SimBundle> four = BundleJobs(jobs, 3);
  ASSERT_EQ(four.size(), 4u);
  EXPECT_EQ(four[0].shared, Duration::zero());
}

TEST(BundleJobs, LeavesAloneWhatDoesNot) {
  const auto ten = WithLatecomer(10);
  const auto other_crowd = WithLatecomer(10, "connections = 7\n");
  const auto elsewhere = WithLatecomer(10, "stay = \"leave\"\n[network]\nlatency = \"lan\"\n");
  EXPECT_EQ(
      BundleJobs({Job(ten, 1), Job(other_crowd, 1), Job(elsewhere, 1), Job(ten, 2)}, 1).size(), 4u);
  EXPECT_TRUE(BundleJobs({}, 1).empty());
}

TEST(RunSimJobs, WhatBeginsTogetherEndsAsIfAlone) {
  const std::vector<SimJob> jobs = {Job(WithLatecomer(10), 1), Job(WithLatecomer(40), 1),
                                    Job(WithLatecomer(90), 1), Job(WithLatecomer(40), 2)};
  ASSERT_EQ(BundleJobs(jobs, 1).size(), 2u);
  const std::map<size_t, SimJobResult> together = RunAll(jobs, 1);
  ASSERT_EQ(together.size(), jobs.size());
  for (size_t job = 0; job < jobs.size(); ++job) {
    const SimJobResult alone = std::move(RunAll({jobs[job]}, 1).at(0));
    const SimJobResult& made = together.at(job);
    EXPECT_TRUE(made.status.ok()) << made.status;
    EXPECT_EQ(made.result.trace_hash, alone.result.trace_hash);
    EXPECT_EQ(made.result.metrics, alone.result.metrics);
    EXPECT_EQ(made.result.events, alone.result.events);
    EXPECT_EQ(made.result.simulated, alone.result.simulated);
    EXPECT_EQ(made.result.seed, jobs[job].seed);
    EXPECT_FALSE(made.result.partial);
    EXPECT_GT(made.cpu_s, 0);
  }
}

TEST(RunSimJobs, ABranchThatDiesIsToldOfAndTheRestGoesOn) {
  sim::Strategies strategies;
  strategies.chokers.Add({{"deadly", "ends the process", {}}, [](const StrategyValues&) {
                            return [](Random&) -> std::unique_ptr<peer::Choker> { ::_exit(3); };
                          }});
  auto deadly = std::make_shared<sim::Scenario>(*WithLatecomer(10));
  deadly->populations.back().choker.name = "deadly";
  const std::vector<SimJob> jobs = {Job(WithLatecomer(90), 1), Job(deadly, 1),
                                    Job(WithLatecomer(20), 1)};
  const std::map<size_t, SimJobResult> results = RunAll(jobs, 1, strategies);
  EXPECT_TRUE(results.at(0).status.ok());
  EXPECT_THAT(results.at(1).status.message(), HasSubstr("ended early"));
  EXPECT_TRUE(results.at(2).status.ok());
}

TEST(BundleJobs, LeavesAloneWhatComesAtAnotherTime) {
  auto later = std::make_shared<sim::Scenario>(*WithLatecomer(10));
  later->populations.back().join.at = seconds(40);
  EXPECT_EQ(BundleJobs({Job(WithLatecomer(10), 1), Job(later, 1)}, 1).size(), 2u);
  auto soon = std::make_shared<sim::Scenario>(*WithLatecomer(10));
  soon->populations.back().join.at = seconds(9);  // less than a sample
  EXPECT_EQ(BundleJobs({Job(soon, 1), Job(soon, 1)}, 1).size(), 2u);
}

TEST(RunBranch, EndsWithItsListener) {
  const sim::Strategies strategies;
  ProgressEar ear{[](const sim::RunProgress&) { return true; }};
  sim::RunOptions options;
  options.on_progress = [&](const sim::RunProgress& at) { return ear.tell(at); };
  const SimJob job = Job(WithLatecomer(10), 1);
  const auto run = sim::StartRun(*job.scenario, job.seed, strategies, options);
  ASSERT_TRUE(run.ok());
  int told = 0;
  ear.tell = [&](const sim::RunProgress&) { return ++told < 3; };
  const SimJobResult stopped = RunBranch(**run, job, strategies, &ear);
  EXPECT_FALSE(stopped.status.ok());
  EXPECT_EQ(told, 3);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  // The run here has not moved, and can go on as it was.
  EXPECT_EQ((*run)->progress().simulated, Duration::zero());
  ear.tell = [](const sim::RunProgress&) { return true; };
  EXPECT_TRUE(RunBranch(**run, job, strategies, &ear).status.ok());
}

TEST(RunSimJobs, ABranchThatCannotBeCastIsToldOf) {
  auto broken = std::make_shared<sim::Scenario>(*WithLatecomer(10));
  broken->populations.back().choker.name = "none-such";
  for (const size_t place : {0u, 1u, 2u}) {
    std::vector<SimJob> jobs = {Job(WithLatecomer(90), 1), Job(WithLatecomer(20), 1)};
    jobs.insert(jobs.begin() + static_cast<ptrdiff_t>(place), Job(broken, 1));
    const std::map<size_t, SimJobResult> results = RunAll(jobs, 1);
    ASSERT_EQ(results.size(), 3u);
    for (const auto& [job, result] : results) EXPECT_EQ(result.status.ok(), job != place) << place;
    EXPECT_THAT(results.at(place).status.message(), HasSubstr("none-such"));
  }
}

}  // namespace
}  // namespace starling::cli
