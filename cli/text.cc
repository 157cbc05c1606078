#include "cli/text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kEllipsis = "\xE2\x80\xA6";

struct Rune {
  uint32_t code = 0;
  size_t size = 1;  // bytes that it takes
};

// The first code point of `text`, which is valid UTF-8 and not empty.
Rune FirstRune(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const size_t size = std::min<size_t>(byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2, text.size());
  uint32_t code = byte(0) & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3Fu);
  return {code, size};
}

bool CommandsTerminal(uint32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool turns_text = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return is_control || turns_text || code == 0x2028 || code == 0x2029;
}

struct Range {
  uint32_t first;
  uint32_t last;
};
bool IsIn(uint32_t code, const Range* begin, const Range* end) {
  return std::any_of(begin, end, [code](Range r) { return code >= r.first && code <= r.last; });
}

// The large blocks of what takes no cell or two cells: enough for bars that line up.
int CellsOf(uint32_t code) {
  static constexpr Range kNone[] = {{0x300, 0x36F},   {0x200B, 0x200F}, {0x20D0, 0x20FF},
                                    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
  static constexpr Range kTwo[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                   {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  if (IsIn(code, std::begin(kNone), std::end(kNone))) return 0;
  return IsIn(code, std::begin(kTwo), std::end(kTwo)) ? 2 : 1;
}

}  // namespace

std::string Printable(absl::string_view text) {
  const std::string repaired = RepairUtf8(text);
  absl::string_view rest = repaired;
  std::string printable;
  printable.reserve(rest.size());
  while (!rest.empty()) {
    const Rune rune = FirstRune(rest);
    absl::StrAppend(&printable, CommandsTerminal(rune.code) ? "?" : rest.substr(0, rune.size));
    rest.remove_prefix(rune.size);
  }
  return printable;
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    width += CellsOf(rune.code);
    text.remove_prefix(rune.size);
  }
  return width;
}

std::string Shorten(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width < 1) return "";
  int used = 1;  // the ellipsis
  size_t end = 0;
  while (end < text.size()) {
    const Rune rune = FirstRune(text.substr(end));
    const int cells = CellsOf(rune.code);
    if (used + cells > width) break;
    used += cells;
    end += rune.size;
  }
  return absl::StrCat(text.substr(0, end), kEllipsis);
}

std::string PadRight(absl::string_view text, int width) {
  const int missing = std::max(0, width - DisplayWidth(text));
  return absl::StrCat(text, std::string(static_cast<size_t>(missing), ' '));
}

std::string PadLeft(absl::string_view text, int width) {
  const int missing = std::max(0, width - DisplayWidth(text));
  return absl::StrCat(std::string(static_cast<size_t>(missing), ' '), text);
}

std::string ShellQuote(absl::string_view text) {
  const auto is_plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("_-./,:@%+=").find(c) != absl::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace starling::cli
