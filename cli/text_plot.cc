#include "cli/text_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz";
constexpr size_t kLinesMax = sizeof(kLetters) - 1;

class Canvas {
 public:
  Canvas(int width, int height)
      : width_(width),
        rows_(static_cast<size_t>(height), std::string(static_cast<size_t>(width), ' ')) {}

  int width() const { return width_; }
  int height() const { return static_cast<int>(rows_.size()); }
  // From `low` to `high`, shares of the height; what was drawn before stays on top.
  void DrawColumn(int column, double low, double high, char letter) {
    for (int row = RowOf(low); row <= RowOf(high); ++row) {
      char& cell = rows_[rows_.size() - 1 - static_cast<size_t>(row)][static_cast<size_t>(column)];
      if (cell == ' ') cell = letter;
    }
  }
  const std::string& row(int from_top) const { return rows_[static_cast<size_t>(from_top)]; }

 private:
  int RowOf(double share) const {
    const double clamped = std::clamp(share, 0.0, 1.0);
    return static_cast<int>(clamped * (height() - 1) + 0.5);
  }

  int width_;
  std::vector<std::string> rows_;
};

// The value of `line` in each column; nothing before its first point.
std::vector<std::optional<double>> Columns(const TextLine& line, double x_max, int width) {
  std::vector<std::optional<double>> columns;
  size_t next = 0;
  double last = 0;
  for (int column = 0; column < width; ++column) {
    const double end = x_max * (column + 1) / width;
    double sum = 0;
    int count = 0;
    while (next < line.points.size() && (line.points[next].first <= end || column + 1 == width)) {
      last = line.points[next++].second;
      sum += last;
      ++count;
    }
    if (line.is_step) {
      columns.emplace_back(last);
    } else if (count > 0) {
      columns.emplace_back(sum / count);
    } else {
      const bool is_between = next > 0 && next < line.points.size();
      columns.push_back(is_between ? columns.back() : std::nullopt);
    }
  }
  return columns;
}

void Draw(const TextLine& line, const TextPlot& plot, char letter, Canvas* canvas) {
  std::optional<double> before;
  int column = 0;
  for (const std::optional<double> value : Columns(line, plot.x_max, canvas->width())) {
    if (value.has_value()) {
      const double share = *value / plot.y_max;
      // A steep line is drawn without gaps: from one row above the last to this one.
      const double step = 1.0 / (canvas->height() - 1);
      const double from = !before.has_value() ? share
                          : share > *before   ? std::min(share, *before + step)
                                              : std::max(share, *before - step);
      canvas->DrawColumn(column, std::min(from, share), std::max(from, share), letter);
      before = share;
    }
    ++column;
  }
}

}  // namespace

std::vector<std::string> RenderTextPlot(const TextPlot& plot, int width, int height) {
  std::vector<std::string> lines = {Shorten(plot.title, width)};
  const int label = std::max({DisplayWidth(plot.y_high), DisplayWidth(plot.y_middle), 1});
  Canvas canvas(std::max(width - label - 3, 10), std::max(height, 3));
  std::string legend;
  for (size_t i = 0; i < plot.lines.size() && i < kLinesMax; ++i) {
    Draw(plot.lines[i], plot, kLetters[i], &canvas);
    absl::StrAppend(&legend, legend.empty() ? "" : "   ", std::string(1, kLetters[i]), " ",
                    Printable(plot.lines[i].name));
  }
  for (int row = 0; row < canvas.height(); ++row) {
    const std::string text = row == 0                     ? plot.y_high
                             : row == canvas.height() / 2 ? plot.y_middle
                             : row + 1 == canvas.height() ? "0"
                                                          : "";
    lines.push_back(absl::StrCat(PadLeft(text, label), " |", canvas.row(row)));
    absl::StripTrailingAsciiWhitespace(&lines.back());
  }
  const std::string indent(static_cast<size_t>(label) + 1, ' ');
  lines.push_back(absl::StrCat(indent, "+", std::string(static_cast<size_t>(canvas.width()), '-')));
  const int room = canvas.width() - DisplayWidth(plot.x_begin);
  lines.push_back(absl::StrCat(indent, " ", plot.x_begin, PadLeft(plot.x_end, room)));
  if (plot.lines.size() > 1)
    lines.push_back(absl::StrCat(indent, " ", Shorten(legend, width - label - 2)));
  return lines;
}

}  // namespace starling::cli
