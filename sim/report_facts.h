// The result in brief, as text: the facts that are worth knowing first and a table by class. The
// terminal and report.html show the same.
#pragma once

#include <string>
#include <vector>

#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::sim {

struct Fact {
  std::string name;     // "half of them done after"
  std::string value;    // "36 min 20 s"
  std::string meaning;  // a sentence, without its period
};
// The most important first; only what the result has figures for.
std::vector<Fact> FactsOf(const Scenario& scenario, const Result& result);

struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};
// A row a class of members, and one for all leechers; of a benchmark of DHT lookups a row a
// variant; without rows for a run that has neither.
TextTable ClassesOf(const Scenario& scenario, const Result& result);

// For people: "12.3 s", "36 min 20 s", "2 h 05 min"; "-" for what is not known.
std::string FormatSeconds(double seconds);
std::string FormatShare(double share);     // "97.1 %"
std::string FormatRounded(double number);  // three or four digits: "1,234", "0.0123"
std::string FormatCount(double number);    // whole, with commas
std::string FormatBytes(double bytes);     // "45.6 MB"

}  // namespace starling::sim
