// The scenarios that the program carries: the files of sim/scenarios/, by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace starling::sim {

// Sorted.
std::vector<std::string> BuiltInScenarioNames();
// The file as it was written, with its comments; nullopt if there is none of that name.
std::optional<absl::string_view> BuiltInScenarioText(absl::string_view name);

}  // namespace starling::sim
