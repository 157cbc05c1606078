// --choker NAME[:parameter=value,...], for the commands that serve others.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/arguments.h"
#include "peer/choker_registry.h"

namespace starling::cli {

Option ChokerOption();

// Empty where the option was not given. Usage errors say what there is.
absl::StatusOr<peer::ChokerFactory> ReadChoker(absl::string_view command,
                                               const Arguments& arguments,
                                               const peer::ChokerRegistry& chokers);

}  // namespace starling::cli
