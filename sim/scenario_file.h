// Scenario files: TOML in, a Scenario out, and back. docs/scenarios.md is the manual;
// scenario_schema.cc says what the fields are.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/scenario.h"

namespace starling::sim {

struct Strategies;  // sim/strategies.h

// InvalidArgument "FILE:LINE: what is wrong; what is allowed" or "--set KEY=VALUE: ..." for text
// that is no scenario, whatever it is. A file without `name` is called as its last part before the
// dot. With `strategies` it may name only what is among them.
absl::StatusOr<Scenario> ReadScenario(absl::string_view text, absl::string_view file_name,
                                      std::span<const Setting> settings = {},
                                      const Strategies* strategies = nullptr);

// Every field of `scenario`; reads back as an equal one.
std::string WriteScenario(const Scenario& scenario);

// `scenario` with more settings, as --set and the runs of a check have them.
absl::StatusOr<Scenario> WithSettings(const Scenario& scenario, std::span<const Setting> settings,
                                      const Strategies* strategies = nullptr);

}  // namespace starling::sim
