// Text from strangers, made safe to show: names in torrents may be invalid UTF-8 or carry escape
// sequences that would command the user's terminal.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace starling::cli {

// `text` in valid UTF-8; control characters (also U+0080 to U+009F) and those that turn the
// direction of text become '?'.
std::string Printable(absl::string_view text);
// How many terminal cells `text` (valid UTF-8) takes.
int DisplayWidth(absl::string_view text);
// `text` cut to at most `width` cells, with an ellipsis where something is missing.
std::string Shorten(absl::string_view text, int width);
// `text` filled up with spaces to `width` cells.
std::string PadRight(absl::string_view text, int width);
std::string PadLeft(absl::string_view text, int width);
// One word for a POSIX shell, quoted only if it has to be.
std::string ShellQuote(absl::string_view text);

}  // namespace starling::cli
