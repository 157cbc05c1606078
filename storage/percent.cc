#include "storage/percent.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "base/bytes.h"
#include "storage/metainfo.h"

namespace starling::storage {

std::string PercentDecode(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      if (const std::optional<std::string> byte = FromHex(text.substr(i + 1, 2))) {
        bytes += *byte;
        i += 2;
        continue;
      }
    }
    bytes += text[i];
  }
  return bytes;
}

std::string PercentEncode(absl::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      text += c;
    } else {
      text += '%';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  return text;
}

std::optional<std::string> CleanUrl(absl::string_view url) {
  url = absl::StripAsciiWhitespace(url);
  if (url.empty() || url.size() > kUrlSizeMax) return std::nullopt;
  for (const char c : url) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return std::nullopt;
  }
  return absl::StrReplaceAll(url, {{" ", "%20"}});
}

bool IsHost(absl::string_view text) {
  constexpr size_t kHostSizeMax = 255;
  return !text.empty() && text.size() <= kHostSizeMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
                  absl::string_view("/@[]").find(c) == absl::string_view::npos;
         });
}

}  // namespace starling::storage
