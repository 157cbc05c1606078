// Results of single runs that are kept in a folder, so that a long check or sweep goes on where it
// was cut off. One small JSON file a run; it is taken only for the very same scenario and seed, and
// the same program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "sim/check_run.h"
#include "sim/scenario.h"

namespace starling::cli {

// What a run depends on besides the program: everything in the scenario but its texts and checks.
std::string ScenarioKey(const sim::Scenario& scenario);
// Names this very program, whatever it was built from.
std::string ProgramKey();

struct KeptRun {
  std::string scenario_key;
  std::string program_key;
  uint64_t seed = 1;
  std::string trace_hash;
  sim::CheckedRun run;
};

std::string KeptRunJson(const KeptRun& kept);
std::optional<KeptRun> ParseKeptRun(absl::string_view text);

absl::Status KeepRun(const std::string& path, const KeptRun& kept);
// The run at `path`, if it is that of `wanted` (its keys and seed).
std::optional<KeptRun> FindKeptRun(const std::string& path, const KeptRun& wanted,
                                   bool any_program);

}  // namespace starling::cli
