// Percent-encoding (RFC 3986, section 2.1), right for every byte.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace starling::storage {

// Each %XY becomes its byte; a '%' that no two hex digits follow stays as it is.
std::string PercentDecode(absl::string_view text);
// Everything but letters, digits and -._~ becomes %XY.
std::string PercentEncode(absl::string_view bytes);

}  // namespace starling::storage
