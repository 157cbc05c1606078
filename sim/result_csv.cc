#include "sim/result_csv.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"

namespace starling::sim {
namespace {

std::string Quoted(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string CellText(const Cell& cell) {
  if (const std::string* text = std::get_if<std::string>(&cell)) return Quoted(*text);
  const double number = std::get<double>(cell);
  return std::isfinite(number) ? ShortestText(number) : "";
}

}  // namespace

std::string TableCsv(const Table& table) {
  std::string csv;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    absl::StrAppend(&csv, i == 0 ? "" : ",", Quoted(table.columns[i].name));
  }
  csv += '\n';
  for (const std::vector<Cell>& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&csv, i == 0 ? "" : ",", CellText(row[i]));
    }
    csv += '\n';
  }
  return csv;
}

std::string MetricsCsv(const Result& result) {
  std::string csv = "metric,value\n";
  for (const auto& [name, value] : result.metrics) {
    absl::StrAppend(&csv, Quoted(name), ",", CellText(value), "\n");
  }
  return csv;
}

}  // namespace starling::sim
