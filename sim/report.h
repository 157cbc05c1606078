// report.html: a result as one page that opens without a network and reads without explanation, in
// light and in dark, on a wide screen and on a phone. Facts first, then plots, then how it was
// made.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/report_plots.h"
#include "sim/result.h"
#include "sim/result_json.h"
#include "sim/scenario.h"

namespace starling::sim {

struct ReportSource {
  const Scenario& scenario;
  const Result& result;
  const Provenance& provenance;
  absl::string_view scenario_text;  // the scenario as a file
  absl::string_view plot_library;   // JavaScript; empty: plots are not drawn, and the page says so
};

std::string ReportPage(const ReportSource& source, const std::vector<Plot>& plots);

}  // namespace starling::sim
