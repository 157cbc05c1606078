#include "cli/sim_check_out.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

namespace json = boost::json;

std::string Optional(const std::optional<double>& value) {
  return value.has_value() ? sim::FormatFigure(*value) : "";
}

std::string Measured(const sim::CellResult& cell) {
  return std::isnan(cell.measured) ? "" : sim::FormatFigure(cell.measured);
}

// Of the single runs, where there were several that differ.
std::string Spread(const sim::CellResult& cell) {
  if (std::isnan(cell.low) || cell.low == cell.high) return "";
  return absl::StrCat(sim::FormatFigure(cell.low), " to ", sim::FormatFigure(cell.high));
}

using Row = std::vector<std::string>;

Row RowOf(const sim::CellResult& cell) {
  return {Printable(cell.name), Optional(cell.expected),
          sim::DemandOf(cell),  Measured(cell),
          Spread(cell),         std::string(sim::VerdictName(cell.verdict))};
}

const Row& Heads() {
  static const Row kHeads = {"", "expected", "demanded", "measured", "single runs", ""};
  return kHeads;
}

std::string Effort(const CheckReport& report) {
  if (report.runs == 0) return "";
  return absl::StrCat(report.runs, report.runs == 1 ? " run, " : " runs, ",
                      FormatDuration(Duration(std::llround(report.cpu_s * 1e6))), " of CPU time");
}

std::string MarkdownRow(const Row& row) {
  std::string line = "|";
  for (const std::string& cell : row) {
    absl::StrAppend(&line, " ", absl::StrReplaceAll(cell, {{"|", "\\|"}}), " |");
  }
  return line;
}

json::value Number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::value Number(const std::optional<double>& value) {
  if (!value.has_value()) return nullptr;
  return *value;
}

}  // namespace

CheckTotals TotalsOf(const std::vector<CheckReport>& reports) {
  CheckTotals totals;
  for (const CheckReport& report : reports) {
    for (const sim::CellResult& cell : report.cells) {
      totals.pass += cell.verdict == sim::CellVerdict::kPass ? 1 : 0;
      totals.fail += cell.verdict == sim::CellVerdict::kFail ? 1 : 0;
      totals.waiting += cell.verdict == sim::CellVerdict::kWaiting ? 1 : 0;
    }
  }
  return totals;
}

std::string TotalsLine(const CheckTotals& totals) {
  return absl::StrCat(totals.pass + totals.fail + totals.waiting, " cells: ", totals.pass,
                      " PASS, ", totals.fail, " FAIL, ", totals.waiting, " WAITING");
}

std::vector<std::string> RenderCheck(const CheckReport& report) {
  std::vector<Row> rows = {Heads()};
  for (const sim::CellResult& cell : report.cells) rows.push_back(RowOf(cell));
  std::vector<int> widths(Heads().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::vector<std::string> lines = {
      absl::StrCat(Printable(report.name), ": ", Printable(report.title))};
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string line = "  ";
    for (size_t column = 0; column < widths.size(); ++column) {
      // Names to the left, figures to the right.
      const bool is_text = column == 0 || column + 1 == widths.size();
      absl::StrAppend(&line, column == 0 ? "" : "  ",
                      is_text ? PadRight(rows[i][column], widths[column])
                              : PadLeft(rows[i][column], widths[column]));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    if (i > 0 && !report.cells[i - 1].why.empty()) {
      absl::StrAppend(&line, ": ", Printable(report.cells[i - 1].why));
    }
    lines.push_back(std::move(line));
  }
  if (report.runs > 0) lines.push_back(absl::StrCat("  ", Effort(report)));
  return lines;
}

std::string CheckMarkdown(const std::vector<CheckReport>& reports, const std::string& made_by) {
  std::string text = absl::StrCat("<!-- Made by ", made_by, ". Do not edit. -->\n\n",
                                  TotalsLine(TotalsOf(reports)), ".\n");
  for (const CheckReport& report : reports) {
    absl::StrAppend(&text, "\n### `", report.name, "`: ", report.title, "\n\n");
    Row heads = Heads();
    heads.front() = "cell";
    heads.back() = "result";
    absl::StrAppend(&text, MarkdownRow(heads), "\n| --- | ---: | ---: | ---: | ---: | --- |\n");
    for (const sim::CellResult& cell : report.cells) {
      Row row = RowOf(cell);
      if (cell.verdict == sim::CellVerdict::kFail) row.back() = "**FAIL**";
      if (!cell.why.empty()) absl::StrAppend(&row.back(), ": ", Printable(cell.why));
      absl::StrAppend(&text, MarkdownRow(row), "\n");
    }
    if (report.runs > 0) absl::StrAppend(&text, "\n", Effort(report), ".\n");
  }
  return text;
}

std::string CheckJson(const std::vector<CheckReport>& reports, const std::string& size) {
  json::array scenarios;
  for (const CheckReport& report : reports) {
    json::array cells;
    for (const sim::CellResult& cell : report.cells) {
      const absl::string_view verdict = sim::VerdictName(cell.verdict);
      cells.push_back({{"name", cell.name},
                       {"result", json::string_view(verdict.data(), verdict.size())},
                       {"measured", Number(cell.measured)},
                       {"lowest", Number(cell.low)},
                       {"highest", Number(cell.high)},
                       {"expected", Number(cell.expected)},
                       {"min", Number(cell.min)},
                       {"max", Number(cell.max)},
                       {"hard", cell.hard},
                       {"why", cell.why}});
    }
    scenarios.push_back({{"name", report.name},
                         {"title", report.title},
                         {"runs", report.runs},
                         {"cpu_s", Number(report.cpu_s)},
                         {"cells", std::move(cells)}});
  }
  const CheckTotals totals = TotalsOf(reports);
  const json::object object = {{"size", size},
                               {"pass", totals.pass},
                               {"fail", totals.fail},
                               {"waiting", totals.waiting},
                               {"scenarios", std::move(scenarios)}};
  return json::serialize(object);
}

}  // namespace starling::cli
