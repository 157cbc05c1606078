// What a sweep runs: every combination of the values of some keys, each with every seed. Pure; the
// runs are made by cli/sim_sweep.cc, and sweep_table.h writes down what came out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/scenario.h"

namespace starling::sim {

// A key that is varied, and the values it takes in turn.
struct SweepAxis {
  std::string key;  // as --set takes it
  std::vector<std::string> values;
  bool operator==(const SweepAxis&) const = default;
};

inline constexpr size_t kSweepRunsMax = 100'000;

// "choker=tit-for-tat,(bittyrant:cap=1M,selfish=yes)": a comma inside of quotes, parentheses or
// braces belongs to the value; those that enclose a whole value are taken off. InvalidArgument
// "--vary ...: why not".
absl::StatusOr<SweepAxis> ParseAxis(absl::string_view text);

// "1..10" or "1,2,5..8", in the order given. InvalidArgument "--seeds ...: why not".
absl::StatusOr<std::vector<uint64_t>> ParseSeeds(absl::string_view text);

// InvalidArgument for a key that is varied twice and for more runs than kSweepRunsMax.
absl::Status CheckSweep(const std::vector<SweepAxis>& axes, const std::vector<uint64_t>& seeds);

// Each combination, as settings in the order of the axes; the last axis changes fastest. A single
// empty one if there is no axis.
std::vector<std::vector<Setting>> PointsOf(const std::vector<SweepAxis>& axes);

}  // namespace starling::sim
