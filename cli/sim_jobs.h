// Many runs of the simulator at once, one thread each: what checks and sweeps are made of. A run
// shares nothing with another but, where it can, how it begins (sim_bundles.h); the results depend
// neither on that nor on how many threads there are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sim/result.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/strategies.h"

namespace starling::cli {

struct SimJob {
  std::string label;  // "flash-crowd n100, seed 3"
  std::shared_ptr<const sim::Scenario> scenario;
  uint64_t seed = 1;
};

struct SimJobResult {
  absl::Status status;  // why it could not be made
  sim::Result result;   // without tables if it began together with others
  double cpu_s = 0;
  // Of an event, once the world stands: what making it took is left out. 0: it was too short.
  double cpu_s_per_event = 0;
};

struct SimJobsProgress {
  size_t done = 0;
  size_t all = 0;
  struct Running {
    std::string label;
    sim::RunProgress at;
  };
  std::vector<Running> running;
};

struct SimJobsOptions {
  int threads = 1;
  // Both are called in the thread that called RunSimJobs; the first in the order in which runs end.
  std::function<void(size_t job, SimJobResult result)> on_done;
  std::function<void(const SimJobsProgress& at)> on_progress;  // a few times a second
};

// Until all jobs are done, or a signal comes: then Cancelled, as InterruptWatch says it. No more
// are at work at a time than fit into memory together; one that does not fit alone is not made.
absl::Status RunSimJobs(const std::vector<SimJob>& jobs, const sim::Strategies& strategies,
                        const SimJobsOptions& options);

// As many threads as the machine has cores.
int SimThreads();

}  // namespace starling::cli
