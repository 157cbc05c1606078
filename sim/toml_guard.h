// What must not reach the TOML library (toml++ 3.3), although it would be its duty to refuse it:
// tables so deep that its recursion ends the stack, and characters beyond ASCII outside of quotes
// and comments, which lead it to undefined behaviour.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace starling::sim {

inline constexpr size_t kTomlSizeMax = 1 << 20;

struct TomlDanger {
  int line = 1;
  std::string what;
};

std::optional<TomlDanger> FindTomlDanger(absl::string_view text);

}  // namespace starling::sim
