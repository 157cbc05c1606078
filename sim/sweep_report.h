// report.html of a sweep: what each combination of values came to over its seeds, and, seed by
// seed, how the others compare with the first. One page that opens offline, as that of a single run
// (report.h).
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/report_plots.h"
#include "sim/result.h"
#include "sim/result_json.h"
#include "sim/scenario.h"
#include "sim/sweep_table.h"

namespace starling::sim {

struct SweepReportSource {
  const Scenario& scenario;  // what all runs have in common
  const SweepTable& table;
  const Provenance& provenance;
  absl::string_view scenario_text;  // the scenario as a file
  absl::string_view plot_library;   // JavaScript; empty: plots are not drawn, and the page says so
};

struct SweepReport {
  std::string page;
  std::vector<Plot> plots;
  std::vector<Table> tables;  // that the plots read
};

SweepReport MakeSweepReport(const SweepReportSource& source);

// A row a run: combination, seed, value of the first main metric there is (MainMetrics()).
Table SweepValues(const SweepTable& table);
// A row a run of all combinations but the first: combination, seed, and the first combination's
// value of that metric with this seed over its own. No rows where that cannot be said, or where
// more is better.
Table SweepGains(const SweepTable& table);

}  // namespace starling::sim
