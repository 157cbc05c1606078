// --set and --vary: values typed by a user go into the tree of a scenario file before it is read,
// by a short name of its [params] or by a dotted path. They are checked as if they stood in the
// file.
#pragma once

#include <span>

#include "absl/status/status.h"
#include "sim/scenario.h"
#include "sim/toml_tree.h"

namespace starling::sim {

// InvalidArgument "--set KEY=VALUE: why not".
absl::Status ApplySettings(std::span<const Setting> settings, TomlNode* tree);

}  // namespace starling::sim
