// One of several runs that began alike, made to its end in a child process: fork() is the copy of a
// world that costs nothing until it changes.
#pragma once

#include <functional>

#include "cli/sim_jobs.h"
#include "sim/run.h"

namespace starling::cli {

// Tells what a Run says of its progress to whoever listens now; see RunBranch.
struct ProgressEar {
  std::function<bool(const sim::RunProgress&)> tell;
};

// Goes on with `run` as `job` in a child; this process keeps the run as it is. The run's
// on_progress must call `ear->tell`, which is called here, in the parent; false ends the child. The
// result has no tables. Its CPU time is the child's.
SimJobResult RunBranch(sim::Run& run, const SimJob& job, const sim::Strategies& strategies,
                       ProgressEar* ear);

}  // namespace starling::cli
