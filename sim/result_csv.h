// Tables as CSV (RFC 4180): a line of column names, then a line a row. Numbers are the shortest
// text that reads back as the same number, "nothing to say" is an empty field, lines end in \n. The
// units of the columns stand in result.json and in docs/results.md.
#pragma once

#include <string>

#include "sim/result.h"

namespace starling::sim {

std::string TableCsv(const Table& table);
// Columns metric and value, in alphabetical order.
std::string MetricsCsv(const Result& result);

}  // namespace starling::sim
