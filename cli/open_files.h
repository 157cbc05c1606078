// How many files and sockets this process may have open.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace starling::cli {

// Lets the process have `count` more of them open than it needs anyway, as far as the system allows
// without asking anybody. Otherwise a line that names `option`, whose value asks for so many.
absl::Status AllowOpenFiles(uint64_t count, absl::string_view option);

}  // namespace starling::cli
