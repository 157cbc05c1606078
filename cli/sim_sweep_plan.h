// What `sim sweep` was asked for: a scenario, the values its keys take, the seeds; and the list of
// runs that follows from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/sim_jobs.h"
#include "sim/scenario.h"
#include "sim/sweep.h"

namespace starling::cli {

struct SweepPlan {
  std::string target;  // as typed
  std::vector<sim::Setting> settings;
  std::vector<sim::SweepAxis> axes;
  std::vector<uint64_t> seeds;
  sim::Scenario scenario;  // with `settings`
  std::string out;
  bool force = false;
  bool any_program = false;
  bool json = false;
  int threads = 1;
  std::shared_ptr<const sim::Strategies> strategies;
};

// `ranks`: of them each makes one run at a time, and --jobs is refused.
absl::StatusOr<SweepPlan> ReadSweepPlan(const Arguments& arguments, int ranks);

struct SweepJob {
  SimJob job;
  std::string scenario_key;
  std::vector<std::string> values;  // of the axes
};
// In the order of the rows of runs.csv: point by point, each with all its seeds.
absl::StatusOr<std::vector<SweepJob>> PlanSweepJobs(const SweepPlan& plan);

// "starling sim sweep NAME --vary ...", without what does not change the results.
std::string SweepCommandLine(const SweepPlan& plan);
// "starling sim run NAME --seed 3 --set ...": a run of the sweep on its own.
std::string RunCommandLine(const SweepPlan& plan, const SweepJob& job);
std::vector<std::string> KeysOf(const SweepPlan& plan);

}  // namespace starling::cli
