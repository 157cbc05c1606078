// Percent-encoding (RFC 3986, section 2.1), right for every byte, and URLs as strangers write them.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace starling::storage {

// Each %XY becomes its byte; a '%' that no two hex digits follow stays as it is.
std::string PercentDecode(absl::string_view text);
// Everything but letters, digits and -._~ becomes %XY.
std::string PercentEncode(absl::string_view bytes);

// A URL as it may be kept and used: without the spaces around it, those inside as %20. nullopt if
// it is empty, longer than kUrlSizeMax, or has control characters that would break a request.
std::optional<std::string> CleanUrl(absl::string_view url);
// Could it be a host name or a literal address: not empty, at most 255 bytes, only characters that
// show, none of "/@[]"?
bool IsHost(absl::string_view text);

}  // namespace starling::storage
