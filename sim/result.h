// What came out of a run: figures by name, tables by row, and the hash that names the run. Plain
// data; result_json.h, result_csv.h and report.h turn it into files.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "sim/scenario.h"

namespace starling::sim {

struct Column {
  std::string name;
  std::string unit;     // "s", "B", "B/s", "1" for a count or a share, "" for text
  std::string meaning;  // a sentence
};

using Cell = std::variant<double, std::string>;  // NaN: nothing to say
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct Table {
  std::string name;  // "nodes", "series", "pieces", "unchokes", "lookups"
  std::string about;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

struct Result {
  static constexpr int kSchemaVersion = 1;

  std::string scenario;
  uint64_t seed = 1;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  Duration simulated{};
  bool partial = false;             // interrupted, or stopped by --until
  std::vector<std::string> broken;  // invariants that did not hold; empty is good
  std::map<std::string, double> metrics;
  std::vector<Table> tables;
};

// Adds `name`.mean .sd .min .max and .p10 .p25 .p50 .p75 .p90 .p95 .p99 .p999 of `values`, and
// `name`.count; nothing but the count where there are none. Quantiles lie between the nearest
// ranks.
void AddDistribution(const std::string& name, std::vector<double> values,
                     std::map<std::string, double>* metrics);

}  // namespace starling::sim
