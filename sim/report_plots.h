// Which plots a result gets, and their Vega-Lite specifications. The specifications lie in
// sim/report/NAME.vl.json and read the CSV files beside them; here only what depends on the run is
// filled in: units of time that fit, and which populations are leechers.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::sim {

struct Plot {
  std::string name;     // of its file: plots/NAME.vl.json
  std::string heading;  // what it shows
  std::string reading;  // how to read it, a sentence or two
  std::string spec;     // Vega-Lite, as JSON
};

// To stand inside a string of a specification.
std::string EscapedForSpec(absl::string_view text);

// In the order in which they are worth reading; only those for which the result has data.
std::vector<Plot> PlotsOf(const Scenario& scenario, const Result& result);

}  // namespace starling::sim
