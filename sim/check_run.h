// Expected against measured: what the cells of a check say about the results of its runs. Pure; who
// makes the runs, keeps them and prints the table is cli/sim_check.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::sim {

// What is left of a Result that a check looks at.
struct CheckedRun {
  std::map<std::string, double> metrics;
  std::vector<std::string> broken;  // invariants
  double cpu_s = 0;
};

// The seeds of each run, in order, by the run's name.
using CheckedRuns = std::map<std::string, std::vector<CheckedRun>>;

enum class CellVerdict {
  kPass,
  kFail,
  kWaiting,  // not checked yet; not a PASS
  kShown,    // nothing is demanded
};

struct CellResult {
  std::string name;
  CellVerdict verdict = CellVerdict::kWaiting;
  double measured = kNoValue;
  double low = kNoValue;  // of the single runs
  double high = kNoValue;
  std::optional<double> expected, min, max;
  bool hard = false;
  std::string why;  // of a FAIL without a measured value, of WAITING
};

CellResult JudgeCell(const CheckCell& cell, const CheckedRuns& runs);
// All cells, and a FAIL more for each run in which an invariant did not hold.
std::vector<CellResult> JudgeCheck(const CheckSpec& check, const CheckedRuns& runs);

absl::string_view VerdictName(CellVerdict verdict);  // "PASS", ...
// What is demanded: "2100 to 2400", ">= 1 in each run", or empty.
std::string DemandOf(const CellResult& cell);
// Four digits that count: "2174", "0.9331", "12.5".
std::string FormatFigure(double value);

}  // namespace starling::sim
