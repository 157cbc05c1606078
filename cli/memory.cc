#include "cli/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace starling::cli {

namespace {

std::optional<uint64_t> ReadNumber(const char* path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (file >> number) return number;  // "max", no limit, is no number
  return std::nullopt;
}

rusage Usage() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

}  // namespace

std::optional<uint64_t> AvailableMemory() {
  std::optional<uint64_t> available;
  std::ifstream file("/proc/meminfo");
  std::string name;
  uint64_t kibibytes = 0;
  std::string unit;
  while (file >> name >> kibibytes) {
    if (name == "MemAvailable:") available = kibibytes * 1024;
    std::getline(file, unit);
  }
  const std::optional<uint64_t> limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const std::optional<uint64_t> taken = ReadNumber("/sys/fs/cgroup/memory.current");
  if (limit.has_value() && taken.has_value()) {
    const uint64_t left = *limit > *taken ? *limit - *taken : 0;
    available = std::min(available.value_or(left), left);
  }
  return available;
}

uint64_t PeakMemory() { return static_cast<uint64_t>(Usage().ru_maxrss) * 1024; }

double CpuSeconds() {
  const rusage usage = Usage();
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace starling::cli
