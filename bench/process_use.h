// What another process takes of the machine, from /proc.
#pragma once

#include <dirent.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace starling::bench {

// Time on a CPU of all threads that `pid` has now.
inline double CpuSeconds(pid_t pid) {
  double seconds = 0;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* const folder = pid == 0 ? nullptr : opendir(tasks.c_str());
  if (folder == nullptr) return 0;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;  // ".." is the first task once more
    FILE* const file = std::fopen((tasks + "/" + entry->d_name + "/schedstat").c_str(), "r");
    if (file == nullptr) continue;
    unsigned long long nanoseconds = 0;
    if (std::fscanf(file, "%llu", &nanoseconds) == 1) {
      seconds += static_cast<double>(nanoseconds) / 1e9;
    }
    std::fclose(file);
  }
  closedir(folder);
  return seconds;
}

// Memory that `pid` has now.
inline long ResidentKilobytes(pid_t pid) {
  FILE* const file = std::fopen(("/proc/" + std::to_string(pid) + "/statm").c_str(), "r");
  long pages = 0;
  if (file == nullptr || std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
  if (file != nullptr) std::fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace starling::bench
