#include "sim/check_run.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace starling::sim {
namespace {

// A figure of each seed of a run; NaN where a run has none.
std::vector<double> FiguresOf(const CheckedRuns& runs, const std::string& run,
                              const std::string& metric) {
  std::vector<double> figures;
  const auto found = runs.find(run);
  if (found == runs.end()) return figures;
  for (const CheckedRun& each : found->second) {
    const auto figure = each.metrics.find(metric);
    figures.push_back(figure == each.metrics.end() ? kNoValue : figure->second);
  }
  return figures;
}

bool IsComplete(const std::vector<double>& figures) {
  return !figures.empty() && std::none_of(figures.begin(), figures.end(),
                                          [](double figure) { return std::isnan(figure); });
}

double Quantile(std::vector<double> figures, double share) {
  std::sort(figures.begin(), figures.end());
  const double place = share * static_cast<double>(figures.size() - 1);
  const size_t below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, figures.size() - 1);
  return figures[below] + (figures[above] - figures[below]) * (place - static_cast<double>(below));
}

double Mean(const std::vector<double>& figures) {
  double sum = 0;
  for (const double figure : figures) sum += figure;
  return sum / static_cast<double>(figures.size());
}

double Deviation(const std::vector<double>& figures) {
  if (figures.size() < 2) return 0;
  const double mean = Mean(figures);
  double squares = 0;
  for (const double figure : figures) squares += (figure - mean) * (figure - mean);
  return std::sqrt(squares / static_cast<double>(figures.size() - 1));
}

double Statistic(const std::string& name, const std::vector<double>& figures) {
  if (name == "sd") return Deviation(figures);
  if (name == "min") return Quantile(figures, 0);
  if (name == "p25") return Quantile(figures, 0.25);
  if (name == "median") return Quantile(figures, 0.5);
  if (name == "p75") return Quantile(figures, 0.75);
  if (name == "max") return Quantile(figures, 1);
  return Mean(figures);
}

bool IsWithin(const CheckCell& cell, double value) {
  if (std::isnan(value)) return false;
  return (!cell.min.has_value() || value >= *cell.min) &&
         (!cell.max.has_value() || value <= *cell.max);
}

std::string Missing(const std::string& run, const std::string& metric) {
  return absl::StrCat("run ", run, " has no ", metric);
}

// Fills measured, low and high; false, with the reason, where figures are missing.
bool Measure(const CheckCell& cell, const CheckedRuns& runs, CellResult* result,
             std::vector<double>* singles) {
  *singles = FiguresOf(runs, cell.run, cell.metric);
  if (!IsComplete(*singles)) {
    result->why = Missing(cell.run, cell.metric);
    return false;
  }
  double divisor = 1;
  if (!cell.over_metric.empty() || !cell.over_run.empty()) {
    const std::string& run = cell.over_run.empty() ? cell.run : cell.over_run;
    const std::string& metric = cell.over_metric.empty() ? cell.metric : cell.over_metric;
    const std::vector<double> divisors = FiguresOf(runs, run, metric);
    if (!IsComplete(divisors)) {
      result->why = Missing(run, metric);
      return false;
    }
    if (cell.over_run.empty() || cell.paired) {
      const size_t pairs = std::min(singles->size(), divisors.size());
      singles->resize(pairs);
      for (size_t i = 0; i < pairs; ++i) (*singles)[i] /= divisors[i];
    } else {
      divisor = Statistic(cell.statistic, divisors);
    }
  }
  result->measured = Statistic(cell.statistic, *singles) / divisor;
  for (double& single : *singles) single /= divisor;
  result->low = Quantile(*singles, 0);
  result->high = Quantile(*singles, 1);
  return true;
}

}  // namespace

CellResult JudgeCell(const CheckCell& cell, const CheckedRuns& runs) {
  CellResult result;
  result.name = cell.name;
  result.expected = cell.expected;
  result.min = cell.min;
  result.max = cell.max;
  result.hard = cell.hard;
  if (!cell.waiting.empty()) {
    result.why = cell.waiting;
    return result;
  }
  std::vector<double> singles;
  if (!Measure(cell, runs, &result, &singles)) {
    result.verdict = CellVerdict::kFail;
    return result;
  }
  if (!cell.min.has_value() && !cell.max.has_value()) {
    result.verdict = CellVerdict::kShown;
    return result;
  }
  bool holds = IsWithin(cell, result.measured);
  if (cell.hard) {
    holds = holds && std::all_of(singles.begin(), singles.end(),
                                 [&](double single) { return IsWithin(cell, single); });
  }
  result.verdict = holds ? CellVerdict::kPass : CellVerdict::kFail;
  return result;
}

std::vector<CellResult> JudgeCheck(const CheckSpec& check, const CheckedRuns& runs) {
  std::vector<CellResult> results;
  for (const CheckCell& cell : check.cells) results.push_back(JudgeCell(cell, runs));
  for (const CheckRun& run : check.runs) {
    const auto found = runs.find(run.name);
    if (found == runs.end()) continue;
    for (size_t i = 0; i < found->second.size(); ++i) {
      if (found->second[i].broken.empty()) continue;
      CellResult result;
      result.name = absl::StrCat("what must always hold, run ", run.name, ", seed ", i + 1);
      result.verdict = CellVerdict::kFail;
      result.hard = true;
      result.why = found->second[i].broken.front();
      results.push_back(std::move(result));
    }
  }
  return results;
}

absl::string_view VerdictName(CellVerdict verdict) {
  switch (verdict) {
    case CellVerdict::kPass:
      return "PASS";
    case CellVerdict::kFail:
      return "FAIL";
    case CellVerdict::kWaiting:
      return "WAITING";
    case CellVerdict::kShown:
      return "shown";
  }
  return "";
}

std::string DemandOf(const CellResult& cell) {
  std::string demand;
  if (cell.min.has_value() && cell.max.has_value()) {
    demand = *cell.min == *cell.max
                 ? FormatFigure(*cell.min)
                 : absl::StrCat(FormatFigure(*cell.min), " to ", FormatFigure(*cell.max));
  } else if (cell.min.has_value()) {
    demand = absl::StrCat(">= ", FormatFigure(*cell.min));
  } else if (cell.max.has_value()) {
    demand = absl::StrCat("<= ", FormatFigure(*cell.max));
  }
  if (cell.hard && !demand.empty()) absl::StrAppend(&demand, ", each run");
  return demand;
}

std::string FormatFigure(double value) {
  if (std::isnan(value)) return "-";
  if (value == std::trunc(value) && std::abs(value) < 1e9) return absl::StrFormat("%.0f", value);
  const double size = std::abs(value);
  if (size >= 1000) return absl::StrFormat("%.0f", value);
  if (size >= 100) return absl::StrFormat("%.1f", value);
  if (size >= 10) return absl::StrFormat("%.2f", value);
  return absl::StrFormat("%.4g", value);
}

}  // namespace starling::sim
