// What `sim check` tells, as pure text: tables for a terminal, for the manual, and for machines.
#pragma once

#include <string>
#include <vector>

#include "sim/check_run.h"

namespace starling::cli {

// The check of one scenario, made.
struct CheckReport {
  std::string name;
  std::string title;
  size_t runs = 0;
  double cpu_s = 0;
  std::vector<sim::CellResult> cells;
};

struct CheckTotals {
  size_t pass = 0;
  size_t fail = 0;
  size_t waiting = 0;
};
CheckTotals TotalsOf(const std::vector<CheckReport>& reports);
// "41 cells: 38 PASS, 1 FAIL, 2 WAITING"
std::string TotalsLine(const CheckTotals& totals);

std::vector<std::string> RenderCheck(const CheckReport& report);
// The chapters of docs/simulation.md. `made_by`: the line that made them, and the program.
std::string CheckMarkdown(const std::vector<CheckReport>& reports, const std::string& made_by);
std::string CheckJson(const std::vector<CheckReport>& reports, const std::string& size);

}  // namespace starling::cli
