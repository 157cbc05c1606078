#include "sim/toml_guard.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace starling::sim {
namespace {

// Of one line. `a.b.c = 1` opens a table a dot, which the library's limit of nesting does not
// count.
constexpr int kDotsMax = 64;

// Walks over a document and knows where quotes and comments are. After an error of syntax it may
// be wrong, but then the library stops at that error.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  std::optional<TomlDanger> Run() {
    absl::ConsumePrefix(&text_, "\xef\xbb\xbf");  // a byte order mark
    while (!text_.empty()) {
      const char c = text_.front();
      if (c == '#') {
        text_.remove_prefix(std::min(text_.find('\n'), text_.size()));
      } else if (c == '"' || c == '\'') {
        // The library does not take it for a quote, and what follows would be unquoted.
        if (!MayPrecedeQuote(last_)) return TomlDanger{line_, "a quote in the middle of a word"};
        SkipQuoted(c);
        if (has_wide_) return TomlDanger{line_, "only comments may hold characters beyond ASCII"};
        last_ = c;
      } else {
        text_.remove_prefix(1);
        last_ = c;
        if (static_cast<unsigned char>(c) >= 0x80) {
          return TomlDanger{line_, "only comments may hold characters beyond ASCII"};
        }
        if (c == '.' && ++dots_ > kDotsMax) {
          return TomlDanger{line_, absl::StrCat("more than ", kDotsMax, " dots in one line")};
        }
        if (c == '\n') NextLine();
      }
    }
    return std::nullopt;
  }

 private:
  // Where TOML lets a string begin.
  static bool MayPrecedeQuote(char c) {
    return absl::StrContains(" \t\n\r=[{,.", absl::string_view(&c, 1));
  }
  void NextLine() {
    ++line_;
    dots_ = 0;
  }

  void SkipQuoted(char quote) {
    const std::string three(3, quote);
    const bool has_lines = absl::StartsWith(text_, three);
    text_.remove_prefix(has_lines ? 3 : 1);
    while (!text_.empty()) {
      const char c = text_.front();
      if (static_cast<unsigned char>(c) >= 0x80) has_wide_ = true;
      if (!has_lines && c == '\n') return;
      if (has_lines ? absl::StartsWith(text_, three) : c == quote) break;
      text_.remove_prefix(1);
      if (c == '\n') NextLine();
      // What is escaped ends nothing; a line break still counts.
      if (c == '\\' && quote == '"' && !text_.empty() && text_.front() != '\n') {
        text_.remove_prefix(1);
      }
    }
    if (text_.empty()) return;
    text_.remove_prefix(has_lines ? 3 : 1);
    // """two more quotes may stand before the end"""""
    for (int i = 0; has_lines && i < 2 && !text_.empty() && text_.front() == quote; ++i) {
      text_.remove_prefix(1);
    }
  }

  absl::string_view text_;
  bool has_wide_ = false;
  char last_ = '\n';  // outside of quotes
  int line_ = 1;
  int dots_ = 0;
};

}  // namespace

std::optional<TomlDanger> FindTomlDanger(absl::string_view text) {
  if (text.size() > kTomlSizeMax) {
    return TomlDanger{1, absl::StrCat("larger than ", kTomlSizeMax, " bytes")};
  }
  return Scanner(text).Run();
}

}  // namespace starling::sim
