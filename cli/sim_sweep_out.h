// What `sim sweep` tells of the runs once they are made, as pure text.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/sim_sweep_plan.h"
#include "cli/sim_sweep_work.h"
#include "sim/sweep_table.h"

namespace starling::cli {

sim::SweepTable SweepTableOf(const SweepPlan& plan, const std::vector<SweepJob>& jobs,
                             const SweepFindings& findings);

// A row a point: its values, and the main metrics with their intervals.
std::vector<std::string> RenderSweep(const sim::SweepTable& table, int width);
std::string SweepSummaryJson(const SweepPlan& plan, const sim::SweepTable& table);

// A sentence for each of the first runs in which what must always hold did not.
std::vector<std::string> BrokenLines(const SweepPlan& plan, const std::vector<SweepJob>& jobs,
                                     const SweepFindings& findings);
// Ok unless runs could not be made, or broke what must always hold.
absl::Status JudgeSweep(const std::vector<SweepJob>& jobs, const SweepFindings& findings);

}  // namespace starling::cli
