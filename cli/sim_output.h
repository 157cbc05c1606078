// The folder that `sim run --out` fills:
//
//   scenario.toml  every setting of the run       command.txt   the line that was typed
//   result.json    what came out                  metrics.csv   its metrics as a table
//   NAME.csv       each table of the result       report.html   all of it to look at, offline
//   plots/NAME.vl.json  the plots' specifications
#pragma once

#include <string>

#include "absl/status/status.h"
#include "sim/result.h"
#include "sim/result_json.h"
#include "sim/scenario.h"

namespace starling::cli {

// Makes the folder, before the run begins. Refuses one that holds anything, unless forced.
absl::Status PrepareOutput(const std::string& folder, bool force);

struct SimOutput {
  const sim::Scenario& scenario;
  const sim::Result& result;
  const sim::Provenance& provenance;
  std::string command;  // with --out and all
};
// result.json comes last: where it is, the rest is too.
absl::Status WriteOutput(const std::string& folder, const SimOutput& output);

}  // namespace starling::cli
