// What `sim run` is asked to run: a built-in scenario, a scenario file, or the folder of an earlier
// result, which is run again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/time.h"
#include "sim/scenario.h"
#include "sim/strategies.h"

namespace starling::cli {

// What result.json says of an earlier run.
struct EarlierResult {
  uint64_t seed = 1;
  std::string trace_hash;           // "0x..."
  std::optional<Duration> stopped;  // a partial result: how far it came
  std::string commit;
  std::string compiler;
};

struct SimTarget {
  sim::Scenario scenario;
  std::optional<EarlierResult> earlier;
};

// `name` as typed; it may name only what is among `strategies`. Errors say what is wrong with a
// file, and in which line.
absl::StatusOr<SimTarget> LoadSimTarget(const std::string& name,
                                        const std::vector<sim::Setting>& settings,
                                        const sim::Strategies& strategies);
// The text of DIR/result.json.
absl::StatusOr<EarlierResult> ParseEarlierResult(const std::string& text, const std::string& path);
// "key=value" as --set takes it.
absl::StatusOr<sim::Setting> ParseSetting(absl::string_view text);

}  // namespace starling::cli
