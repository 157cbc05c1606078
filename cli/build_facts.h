// What the build knows and the program tells on: which source, which compiler, and the library that
// draws the plots of reports. Compiled in by cmake/report.cmake.
#pragma once

#include "absl/strings/string_view.h"

namespace starling {

absl::string_view source_commit();  // empty if it was not built from a repository
absl::string_view compiler_name();  // "GNU 12.2.0"
absl::string_view plot_library();   // JavaScript; empty if it could not be fetched

}  // namespace starling
