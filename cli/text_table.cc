#include "cli/text_table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr int kGap = 2;

// Of the columns that fit, at least the first.
std::vector<int> WidthsOf(const TextRows& table, int width) {
  std::vector<int> widths;
  int room = width;
  for (size_t i = 0; i < table.heads.size(); ++i) {
    int cells = DisplayWidth(Printable(table.heads[i]));
    for (const std::vector<std::string>& row : table.rows) {
      cells = std::max(cells, DisplayWidth(Printable(row[i])));
    }
    room -= cells + kGap;
    if (room < 0 && i > 0) break;
    widths.push_back(cells);
  }
  return widths;
}

}  // namespace

std::vector<std::string> RenderTextRows(const TextRows& table, int width) {
  const std::vector<int> widths = WidthsOf(table, width);
  std::vector<std::string> lines;
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = Printable(row[i]);
      absl::StrAppend(
          &line, std::string(kGap, ' '),
          i < table.left_columns ? PadRight(cell, widths[i]) : PadLeft(cell, widths[i]));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    lines.push_back(Shorten(line, width));
  };
  append(table.heads);
  for (const std::vector<std::string>& row : table.rows) append(row);
  return lines;
}

}  // namespace starling::cli
