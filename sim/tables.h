// Reading the tables and metrics of a Result by name. Whoever shows a result takes what is there:
// a table or column that a run does not have is simply not shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/result.h"

namespace starling::sim {

// Null if the result has none of this name, or none with rows.
const Table* FindTable(const Result& result, absl::string_view name);
std::optional<size_t> FindColumn(const Table& table, absl::string_view name);
// The number in a row, or NaN if the column is missing, holds text or says nothing.
double NumberAt(const std::vector<Cell>& row, std::optional<size_t> column);
// The text in a row, or empty.
std::string TextAt(const std::vector<Cell>& row, std::optional<size_t> column);
// The metric, or NaN.
double FindMetric(const Result& result, absl::string_view name);

// At most about `rows_max` rows that look like the whole. A table with a column "time_s" is
// averaged over intervals, each combination of texts by itself; of any other rows are picked at
// even distances in the order of `sort_by` (none if empty), the first and the last among them.
Table Thinned(const Table& table, size_t rows_max, absl::string_view sort_by);

}  // namespace starling::sim
