// `starling sim compare`: two results, or two sweeps, side by side.

#include <boost/json.hpp>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/sim_estimates.h"
#include "cli/sim_sweep_folder.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/text_table.h"
#include "sim/check_run.h"
#include "sim/compare.h"

namespace starling::cli {

namespace {

namespace json = boost::json;

constexpr absl::string_view kExplanation =
    "Puts the metrics of two folders side by side, each made by starling sim run or\n"
    "starling sim sweep with --out: the mean over the seeds with the half of its 95 %\n"
    "interval, and by how much the second lies above the first, with the 95 %\n"
    "interval of that (Welch's). A difference is \"clear\" where zero lies outside of\n"
    "it; a single run has no interval. Points of sweeps are matched by their values.";

constexpr uint64_t kResultSizeMax = 64 << 20;
constexpr int kPlainWidth = 140;  // where there is no terminal

// A single run as a table of one row.
absl::StatusOr<sim::SweepTable> ReadResult(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/result.json");
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kResultSizeMax));
  ASSIGN_OR_RETURN(const EarlierResult earlier, ParseEarlierResult(text, Printable(path)));
  sim::SweepRow row;
  row.seed = earlier.seed;
  row.trace_hash = earlier.trace_hash;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  const json::value* metrics =
      error || !value.is_object() ? nullptr : value.get_object().if_contains("metrics");
  if (metrics == nullptr || !metrics->is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": lacks metrics"));
  }
  for (const json::key_value_pair& metric : metrics->get_object()) {
    const double number = metric.value().to_number<double>(error);
    if (!error) row.metrics[std::string(metric.key_c_str())] = number;
    error.clear();
  }
  sim::SweepTable table;
  table.rows.push_back(std::move(row));
  return table;
}

absl::StatusOr<sim::SweepTable> ReadSide(const std::string& folder) {
  if (IsSweepFolder(folder)) return ReadSweepTable(folder);
  if (PathExists(absl::StrCat(folder, "/result.json"))) return ReadResult(folder);
  if (!IsFolder(folder)) {
    return absl::NotFoundError(absl::StrCat("there is no folder ", Printable(folder)));
  }
  return absl::NotFoundError(
      absl::StrCat(Printable(folder), ": holds neither a result nor a sweep"));
}

std::string Signed(double value) {
  return absl::StrCat(value > 0 ? "+" : "", sim::FormatFigure(value));
}

// "-274 (-12.6 %)"
std::string DifferenceText(const sim::ComparedMetric& metric) {
  const double value = metric.difference.value;
  std::string text = Signed(value);
  if (value != 0 && metric.first.mean != 0) {
    absl::StrAppendFormat(&text, " (%+.1f %%)", 100 * value / std::abs(metric.first.mean));
  }
  return text;
}

std::string IntervalText(const sim::Difference& difference) {
  if (std::isnan(difference.low)) return "-";
  return absl::StrCat(Signed(difference.low), " to ", Signed(difference.high));
}

struct Names {
  std::string first, second;
};
Names NamesOf(const std::vector<std::string>& folders) {
  Names names{LastName(folders[0]), LastName(folders[1])};
  if (names.first == names.second) names = {folders[0], folders[1]};
  return names;
}

void PrintPoint(const sim::ComparedPoint& point, const Names& names) {
  TextRows rows;
  rows.heads = {"metric", names.first, names.second, "difference", "95 % interval", ""};
  for (const sim::ComparedMetric& metric : point.metrics) {
    rows.rows.push_back({metric.name, FormatEstimate(metric.first), FormatEstimate(metric.second),
                         DifferenceText(metric), IntervalText(metric.difference),
                         metric.difference.is_clear ? "clear" : ""});
  }
  const int width = OutputIsTerminal() ? TerminalWidth() : kPlainWidth;
  for (const std::string& line : RenderTextRows(rows, width)) PrintLine(line);
}

void PrintUnmatched(const sim::Comparison& comparison,
                    const std::vector<std::vector<std::string>>& points, const std::string& name) {
  for (const std::vector<std::string>& values : points) {
    PrintLine(absl::StrCat("only in ", Printable(name), ": ",
                           Printable(sim::PointName(comparison.keys, values))));
  }
}

void PrintComparison(const sim::Comparison& comparison, const Names& names) {
  bool is_first = true;
  for (const sim::ComparedPoint& point : comparison.points) {
    if (!std::exchange(is_first, false)) PrintLine("");
    if (!comparison.keys.empty()) {
      PrintLine(Printable(sim::PointName(comparison.keys, point.values)));
    }
    PrintPoint(point, names);
  }
  PrintUnmatched(comparison, comparison.only_first, names.first);
  PrintUnmatched(comparison, comparison.only_second, names.second);
}

void AppendValues(const std::vector<std::string>& keys, const std::vector<std::string>& values,
                  Json* out) {
  out->BeginObject();
  for (size_t i = 0; i < keys.size(); ++i) out->Key(keys[i]).Text(values[i]);
  out->End();
}

std::string ComparisonJson(const sim::Comparison& comparison,
                           const std::vector<std::string>& folders) {
  Json out;
  out.BeginObject().Key("first").Text(folders[0]).Key("second").Text(folders[1]);
  out.Key("points").BeginArray();
  for (const sim::ComparedPoint& point : comparison.points) {
    out.BeginObject().Key("values");
    AppendValues(comparison.keys, point.values, &out);
    out.Key("metrics").BeginObject();
    for (const sim::ComparedMetric& metric : point.metrics) {
      out.Key(metric.name).BeginObject().Key("first");
      AppendEstimate(metric.first, &out);
      out.Key("second");
      AppendEstimate(metric.second, &out);
      out.Key("difference").Exact(metric.difference.value);
      out.Key("low").Exact(metric.difference.low).Key("high").Exact(metric.difference.high);
      out.Key("clear").Bool(metric.difference.is_clear).End();
    }
    out.End().End();
  }
  out.End();
  const auto append = [&](const char* name, const std::vector<std::vector<std::string>>& points) {
    out.Key(name).BeginArray();
    for (const std::vector<std::string>& values : points) {
      AppendValues(comparison.keys, values, &out);
    }
    out.End();
  };
  append("only_first", comparison.only_first);
  append("only_second", comparison.only_second);
  out.End();
  return out.text();
}

absl::StatusOr<int> RunSimCompare(const Arguments& arguments) {
  const std::vector<std::string>& folders = arguments.positionals();
  if (folders.size() != 2) {
    return UsageError(absl::StrCat("sim compare needs two folders", SeeHelp("sim compare")));
  }
  ASSIGN_OR_RETURN(const sim::SweepTable first, ReadSide(folders[0]));
  ASSIGN_OR_RETURN(const sim::SweepTable second, ReadSide(folders[1]));
  ASSIGN_OR_RETURN(const sim::Comparison comparison,
                   sim::Compare(first, second, arguments.Values("--metric")));
  if (comparison.points.empty()) {
    return absl::NotFoundError("the two have no point in common");
  }
  bool has_metrics = false;
  for (const sim::ComparedPoint& point : comparison.points) has_metrics |= !point.metrics.empty();
  if (!has_metrics) {
    return absl::NotFoundError(
        arguments.Has("--metric")
            ? "no metric that both have matches --metric; metrics.csv and runs.csv name all"
            : "the two have none of the main metrics in common; name some with --metric");
  }
  if (arguments.Has("--json")) {
    PrintLine(ComparisonJson(comparison, folders));
  } else {
    PrintComparison(comparison, NamesOf(folders));
  }
  return kExitDone;
}

}  // namespace

Command SimCompareCommand() {
  return {"sim compare",
          "two results or sweeps side by side",
          {"DIR DIR [--metric GLOB]... [--json]"},
          kExplanation,
          {
              {"--metric", 0, Takes::kValue, "GLOB", true,
               "these metrics (* and ? stand for any letters); the main ones unless said"},
              {"--json", 0, Takes::kNothing, "", false, "print one JSON object"},
          },
          {{"two sweeps of the same values", "starling sim compare with-tft with-tyrant"},
           {"all figures of one class", "starling sim compare before after --metric 'slow.*'"}},
          RunSimCompare};
}

}  // namespace starling::cli
