// How long the calling thread has been at work, in seconds of CPU time.
#pragma once

#include <time.h>

namespace starling::cli {

inline double ThreadCpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace starling::cli
