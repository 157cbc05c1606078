// How sweeps and comparisons write an estimated mean: for people, and in JSON.
#pragma once

#include <string>

#include "base/json.h"
#include "sim/statistics.h"

namespace starling::cli {

// "116.10 ± 0.97": with the half of the 95 % interval; "116.1" of a single run, "-" of none.
std::string FormatEstimate(const sim::Estimate& estimate);
// {"n": 5, "mean": 2174, "sd": 9.7, "low": 2162, "high": 2186}; null is what is not known.
void AppendEstimate(const sim::Estimate& estimate, Json* json);

}  // namespace starling::cli
