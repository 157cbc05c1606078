#include "sim/sweep_table.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sim/result_csv.h"

namespace starling::sim {
namespace {

constexpr size_t kCellsMax = size_t{1} << 26;

absl::Status NoRuns(absl::string_view why) { return absl::InvalidArgumentError(why); }

// Each column of a Table that only TableCsv() looks at.
std::vector<Column> ColumnsOf(const std::vector<std::string>& names) {
  std::vector<Column> columns;
  for (const std::string& name : names) columns.push_back({name, "", ""});
  return columns;
}

// The fields of text as RFC 4180 has it; nullopt for a quote that is not closed or stands inside of
// a field.
std::optional<std::vector<std::vector<std::string>>> ParseCsv(absl::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  size_t cells = 0;
  size_t at = 0;
  while (at < text.size()) {
    std::string& field = row.back();
    const char letter = text[at++];
    if (letter == '"') {
      if (!field.empty()) return std::nullopt;
      for (;; ++at) {
        if (at >= text.size()) return std::nullopt;
        if (text[at] != '"') {
          field += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          field += text[at++];
        } else {
          break;
        }
      }
      ++at;
      if (at < text.size() && text[at] != ',' && text[at] != '\n') return std::nullopt;
    } else if (letter == ',' || letter == '\n') {
      if (++cells > kCellsMax) return std::nullopt;
      if (letter == '\n') {
        rows.push_back(std::move(row));
        row.clear();
      }
      row.emplace_back();
    } else if (letter != '\r') {
      field += letter;
    }
  }
  if (row.size() > 1 || !row.front().empty()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

std::string RunsCsv(const SweepTable& table) {
  std::set<std::string> metrics;
  for (const SweepRow& row : table.rows) {
    for (const auto& [name, value] : row.metrics) metrics.insert(name);
  }
  std::vector<std::string> names = {"run"};
  names.insert(names.end(), table.keys.begin(), table.keys.end());
  names.insert(names.end(), {"seed", "trace_hash", "broken"});
  names.insert(names.end(), metrics.begin(), metrics.end());
  Table csv;
  csv.columns = ColumnsOf(names);
  for (const SweepRow& row : table.rows) {
    // The seed as text: it may have more digits than a double holds.
    std::vector<Cell> cells = {static_cast<double>(csv.rows.size() + 1)};
    for (const std::string& value : row.values) cells.emplace_back(value);
    cells.emplace_back(absl::StrCat(row.seed));
    cells.emplace_back(row.trace_hash);
    cells.emplace_back(static_cast<double>(row.broken));
    for (const std::string& metric : metrics) {
      const auto found = row.metrics.find(metric);
      cells.emplace_back(found == row.metrics.end() ? kNoValue : found->second);
    }
    csv.rows.push_back(std::move(cells));
  }
  return TableCsv(csv);
}

absl::StatusOr<SweepTable> ParseRunsCsv(absl::string_view text) {
  const auto rows = ParseCsv(text);
  if (!rows.has_value() || rows->empty()) return NoRuns("is no table of runs");
  const std::vector<std::string>& heads = rows->front();
  const auto hash = std::find(heads.begin(), heads.end(), "trace_hash");
  const size_t hash_at = static_cast<size_t>(hash - heads.begin());
  if (hash_at < 2 || hash_at + 1 >= heads.size() || heads.front() != "run" ||
      heads[hash_at - 1] != "seed" || heads[hash_at + 1] != "broken") {
    return NoRuns("lacks the columns run, seed, trace_hash or broken");
  }
  SweepTable table;
  table.keys.assign(heads.begin() + 1, hash - 1);
  for (size_t i = 1; i < rows->size(); ++i) {
    const std::vector<std::string>& cells = (*rows)[i];
    const auto wrong = [&](absl::string_view why) {
      return NoRuns(absl::StrCat("line ", i + 1, " ", why));
    };
    if (cells.size() != heads.size()) return wrong("has another number of fields than the first");
    SweepRow row;
    row.values.assign(cells.begin() + 1, cells.begin() + static_cast<ptrdiff_t>(hash_at) - 1);
    row.trace_hash = cells[hash_at];
    if (!absl::SimpleAtoi(cells[hash_at - 1], &row.seed) ||
        !absl::SimpleAtoi(cells[hash_at + 1], &row.broken)) {
      return wrong("has no number where seed and broken are");
    }
    for (size_t column = hash_at + 2; column < cells.size(); ++column) {
      if (cells[column].empty()) continue;
      double value = 0;
      if (!absl::SimpleAtod(cells[column], &value) || !std::isfinite(value)) {
        return wrong(absl::StrCat("has no number as ", heads[column]));
      }
      row.metrics[heads[column]] = value;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<SweepPoint> SummarisePoints(const SweepTable& table) {
  struct Samples {
    size_t place;
    std::map<std::string, std::vector<double>> metrics;
  };
  std::map<std::vector<std::string>, Samples> points;
  for (const SweepRow& row : table.rows) {
    Samples& samples = points.try_emplace(row.values, Samples{points.size(), {}}).first->second;
    for (const auto& [name, value] : row.metrics) samples.metrics[name].push_back(value);
  }
  std::vector<SweepPoint> summary(points.size());
  for (const auto& [values, samples] : points) {
    SweepPoint& point = summary[samples.place];
    point.values = values;
    for (const auto& [name, sample] : samples.metrics) point.metrics[name] = EstimateMean(sample);
  }
  return summary;
}

std::string SummaryCsv(const SweepTable& table) {
  std::vector<std::string> names = table.keys;
  names.insert(names.end(), {"metric", "n", "mean", "sd", "low", "high"});
  Table csv;
  csv.columns = ColumnsOf(names);
  for (const SweepPoint& point : SummarisePoints(table)) {
    for (const auto& [metric, estimate] : point.metrics) {
      std::vector<Cell> cells(point.values.begin(), point.values.end());
      cells.emplace_back(metric);
      cells.emplace_back(static_cast<double>(estimate.count));
      for (const double value : {estimate.mean, estimate.deviation, estimate.low, estimate.high}) {
        cells.emplace_back(value);
      }
      csv.rows.push_back(std::move(cells));
    }
  }
  return TableCsv(csv);
}

std::string PointName(const std::vector<std::string>& keys,
                      const std::vector<std::string>& values) {
  if (keys.empty()) return "all runs";
  std::string name;
  for (size_t i = 0; i < keys.size(); ++i) {
    absl::StrAppend(&name, i == 0 ? "" : " ", keys[i], "=", values[i]);
  }
  return name;
}

std::span<const MainMetric> MainMetrics() {
  static constexpr MainMetric kMetrics[] = {
      {"all.completion_s.mean", "completion, s", true},
      {"all.completion_s.p90", "p90, s", true},
      {"all.utilisation", "uplink used"},
      {"done_share", "done"},
      {"origin_copies", "seeds' copies", true},
      {"control_share", "overhead", true},
      {"hops.mean", "hops", true},
      {"queries.mean", "queries", true},
      {"first_ms.p50", "first p50, ms", true},
      {"first_ms.p99", "first p99, ms", true},
      {"done_ms.p50", "end p50, ms", true},
      {"recall.mean", "recall"},
      {"timed_out_share", "timed out", true},
      {"maintenance_bytes_per_s", "upkeep, B/s", true},
  };
  return kMetrics;
}

}  // namespace starling::sim
