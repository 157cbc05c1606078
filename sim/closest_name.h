// "did you mean ...?": the name that a mistyped one most likely stands for.
#pragma once

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace starling::sim {

// Empty if nothing is near: more than a third of the letters would have to change.
std::string ClosestName(absl::string_view typed, std::span<const std::string> names);

// `; did you mean "up"?` or nothing.
std::string DidYouMean(absl::string_view typed, std::span<const std::string> names);

}  // namespace starling::sim
