// The runs of a sweep, a row each, and the two files made of them. runs.csv is tidy: the run's
// number, a column a varied key, `seed`, `trace_hash`, `broken` (how many of the invariants did not
// hold), then each metric. summary.csv has a row for each point and metric. Neither depends on how
// long anything took, or on who made which run.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/statistics.h"

namespace starling::sim {

struct SweepRow {
  std::vector<std::string> values;  // of the keys, in their order
  uint64_t seed = 1;
  std::string trace_hash;  // empty: the run could not be made
  uint64_t broken = 0;
  std::map<std::string, double> metrics;
};

struct SweepTable {
  std::vector<std::string> keys;
  std::vector<SweepRow> rows;  // those of a point behind each other
};

std::string RunsCsv(const SweepTable& table);
// InvalidArgument for text that no RunsCsv() wrote.
absl::StatusOr<SweepTable> ParseRunsCsv(absl::string_view text);

// The runs of one combination of values, over their seeds.
struct SweepPoint {
  std::vector<std::string> values;
  std::map<std::string, Estimate> metrics;
};
// "leechers=100 choker=bittyrant"; "all runs" where nothing is varied.
std::string PointName(const std::vector<std::string>& keys, const std::vector<std::string>& values);
// In the order in which they first occur.
std::vector<SweepPoint> SummarisePoints(const SweepTable& table);
// Columns: the keys, metric, n, mean, sd, low, high.
std::string SummaryCsv(const SweepTable& table);

// The metrics to look at first, of swarms and of DHTs; those that there are.
struct MainMetric {
  const char* name;
  const char* label;  // short, with its unit
  bool less_is_better = false;
};
std::span<const MainMetric> MainMetrics();

}  // namespace starling::sim
