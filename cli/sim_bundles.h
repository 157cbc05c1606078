// Which runs begin alike: those with one seed whose scenarios differ only in members that come
// later. What they share is made once and each goes on from there in a process of its own, so that
// sixty runs of `bittyrant-one` wait for six swarms to settle instead of sixty.
#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"
#include "cli/sim_jobs.h"

namespace starling::cli {

struct SimBundle {
  std::vector<size_t> jobs;  // places in the list of jobs
  Duration shared{};         // simulated time that they have in common; zero if there is one job
};

// All jobs, in the order of the first of each bundle. A bundle is made by one thread, so there are
// about twice as many as `threads`, if there are that many jobs; and what is shared is worth it.
std::vector<SimBundle> BundleJobs(const std::vector<SimJob>& jobs, int threads);

}  // namespace starling::cli
