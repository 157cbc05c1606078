// Two results side by side. Each is a table of runs (a single run is a table of one row); points
// are matched by the values of the keys in which the two can differ, and each metric's means are
// compared over the seeds. Pure; cli/sim_compare.cc reads the folders and prints.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/statistics.h"
#include "sim/sweep_table.h"

namespace starling::sim {

struct ComparedMetric {
  std::string name;
  Estimate first, second;
  Difference difference;  // second - first
};

struct ComparedPoint {
  std::vector<std::string> values;  // of Comparison::keys
  std::vector<ComparedMetric> metrics;
};

struct Comparison {
  std::vector<std::string> keys;  // by which points were matched
  std::vector<ComparedPoint> points;
  // Points of one side that the other does not have.
  std::vector<std::vector<std::string>> only_first, only_second;
};

// `patterns`: the metrics wanted, with * and ?; none: the main metrics, and each class's mean
// completion time. InvalidArgument if the two do not vary the same keys.
absl::StatusOr<Comparison> Compare(const SweepTable& first, const SweepTable& second,
                                   const std::vector<std::string>& patterns);

// `*` stands for any letters, `?` for a single one.
bool MatchesPattern(absl::string_view text, absl::string_view pattern);

}  // namespace starling::sim
