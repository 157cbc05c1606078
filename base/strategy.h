// A strategy - a choker, a piece policy, a behaviour - by its name and typed parameters, the same
// in scenario files (`choker = {name = "bittyrant", cap = "1MB/s"}`), on the command line
// (`--choker bittyrant:cap=1M`) and in `sim list --strategies`.
//
// Every value is one number in the unit of its parameter, so that a sweep can vary any of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace starling {

enum class ParameterKind {
  kInteger,
  kNumber,
  kRate,      // bytes a second
  kDuration,  // seconds
  kFlag,      // 0 or 1
};

struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::kNumber;
  double fallback = 0;  // what it is when nobody says
  double min = 0;
  double max = 0;
  std::string explanation;  // one line, no period
};

// What a registry says of one of its strategies.
struct StrategyInfo {
  std::string name;
  std::string summary;  // one line, no period
  std::vector<Parameter> parameters;
};

using StrategyValues = std::map<std::string, double>;

// What a user asked for; parameters that are not named keep their fallback.
struct StrategySpec {
  std::string name;
  StrategyValues values;

  bool operator==(const StrategySpec&) const = default;
};

// Every parameter of `info` with its value. InvalidArgument, with what is allowed, for a parameter
// that does not exist, a value out of its range, a fraction where a whole number is needed.
absl::StatusOr<StrategyValues> ResolveStrategy(const StrategyInfo& info, const StrategySpec& spec);

// "bittyrant:cap=1M,patience=3": rates and sizes with K M G Ki Mi Gi, durations with ms s min h,
// flags as yes or no. The names are not looked up here.
absl::StatusOr<StrategySpec> ParseStrategy(absl::string_view text);

}  // namespace starling
