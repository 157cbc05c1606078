#include "sim/tables.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace starling::sim {
namespace {

using Row = std::vector<Cell>;

// Sums of the rows that fall into one interval.
struct Bin {
  Row row;                    // texts, and the sums of the numbers
  std::vector<double> count;  // of the numbers that say something
};

void AddTo(Bin* bin, const Row& row) {
  if (bin->row.empty()) {
    bin->row = row;
    bin->count.assign(row.size(), 0);
    for (Cell& cell : bin->row) {
      if (std::holds_alternative<double>(cell)) cell = 0.0;
    }
  }
  for (size_t i = 0; i < row.size(); ++i) {
    const double* number = std::get_if<double>(&row[i]);
    if (number == nullptr || std::isnan(*number)) continue;
    if (double* sum = std::get_if<double>(&bin->row[i])) {
      *sum += *number;
      ++bin->count[i];
    }
  }
}

Row Average(Bin bin) {
  for (size_t i = 0; i < bin.row.size(); ++i) {
    double* sum = std::get_if<double>(&bin.row[i]);
    if (sum != nullptr) *sum = bin.count[i] == 0 ? kNoValue : *sum / bin.count[i];
  }
  return std::move(bin.row);
}

std::vector<Row> Averaged(const Table& table, size_t time_column, size_t rows_max) {
  std::map<double, size_t> moments;
  for (const Row& row : table.rows) moments.emplace(NumberAt(row, time_column), 0);
  const size_t rows_a_moment = std::max<size_t>(table.rows.size() / moments.size(), 1);
  const size_t intervals = std::max<size_t>(rows_max / rows_a_moment, 2);
  const size_t moments_each = (moments.size() + intervals - 1) / intervals;
  size_t position = 0;
  for (auto& [time, interval] : moments) interval = position++ / moments_each;
  // Ordered by interval, then as the texts first came within it.
  std::vector<Row> averaged;
  std::map<std::pair<size_t, std::vector<std::string>>, Bin> bins;
  for (const Row& row : table.rows) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < row.size(); ++i) texts.push_back(TextAt(row, i));
    AddTo(&bins[{moments.at(NumberAt(row, time_column)), std::move(texts)}], row);
  }
  for (auto& [key, bin] : bins) averaged.push_back(Average(std::move(bin)));
  return averaged;
}

std::vector<Row> Picked(const Table& table, size_t rows_max, std::optional<size_t> sort_column) {
  std::vector<const Row*> order;
  for (const Row& row : table.rows) order.push_back(&row);
  if (sort_column.has_value()) {
    // What says nothing comes last.
    const auto key = [&](const Row* row) {
      const double number = NumberAt(*row, sort_column);
      return std::isnan(number) ? std::numeric_limits<double>::infinity() : number;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Row* a, const Row* b) { return key(a) < key(b); });
  }
  std::vector<Row> picked;
  for (size_t i = 0; i < rows_max; ++i) {
    picked.push_back(*order[i * (order.size() - 1) / (rows_max - 1)]);
  }
  return picked;
}

}  // namespace

const Table* FindTable(const Result& result, absl::string_view name) {
  for (const Table& table : result.tables) {
    if (table.name == name && !table.rows.empty()) return &table;
  }
  return nullptr;
}

std::optional<size_t> FindColumn(const Table& table, absl::string_view name) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  return std::nullopt;
}

double NumberAt(const std::vector<Cell>& row, std::optional<size_t> column) {
  if (!column.has_value() || *column >= row.size()) return kNoValue;
  const double* number = std::get_if<double>(&row[*column]);
  return number == nullptr ? kNoValue : *number;
}

std::string TextAt(const std::vector<Cell>& row, std::optional<size_t> column) {
  if (!column.has_value() || *column >= row.size()) return "";
  const std::string* text = std::get_if<std::string>(&row[*column]);
  return text == nullptr ? "" : *text;
}

double FindMetric(const Result& result, absl::string_view name) {
  const auto found = result.metrics.find(std::string(name));
  return found == result.metrics.end() ? kNoValue : found->second;
}

Table Thinned(const Table& table, size_t rows_max, absl::string_view sort_by) {
  if (table.rows.size() <= rows_max || rows_max < 2) return table;
  Table thinned{table.name, table.about, table.columns, {}};
  const std::optional<size_t> time = FindColumn(table, "time_s");
  thinned.rows = time.has_value() ? Averaged(table, *time, rows_max)
                                  : Picked(table, rows_max, FindColumn(table, sort_by));
  return thinned;
}

}  // namespace starling::sim
