// The runs of a sweep, made: those that a rank gets, on its threads, each kept as it ends. What a
// rank found goes to rank 0 as text, in the same form whether there is one rank or many.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/sim_kept.h"
#include "cli/sim_ranks.h"
#include "cli/sim_sweep_plan.h"

namespace starling::cli {

struct SweepFindings {
  std::map<size_t, KeptRun> runs;        // by their number in the list of jobs
  std::map<size_t, std::string> failed;  // why they could not be made
  std::vector<std::string> failures;     // of ranks: what they could not write
};

// Takes jobs until there are none left, or until a signal comes: then Cancelled. What was found is
// appended to `found` in any case.
absl::Status MakeSweepRuns(const SweepPlan& plan, const std::vector<SweepJob>& jobs, Ranks* ranks,
                           std::string* found);

// Of what all ranks found.
SweepFindings ParseSweepFindings(const std::vector<std::string>& texts);

}  // namespace starling::cli
