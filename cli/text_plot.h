// Plots as plain text, readable without colour: each line is drawn with a letter of its own.
//
//   100% |              aaaa      bbbbbb
//        |          aaaa      bbbb
//    50% |        aa       bbb
//        |      aa       bb
//     0% |aaaaaaabbbbbbbb
//        +------------------------------
//        0 min                    45 min    a fast  b slow
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace starling::cli {

struct TextLine {
  std::string name;
  // (x, y) in the order of x.
  std::vector<std::pair<double, double>> points;
  // Between two points: the earlier one's value, as a share of those done; else the mean of those
  // that fall into a column.
  bool is_step = false;
};

struct TextPlot {
  std::string title;
  std::string x_begin, x_end;    // labels of the ends of the axis
  double x_max = 1;              // from 0
  double y_max = 1;              // from 0
  std::string y_middle, y_high;  // labels of half of y_max and of y_max
  std::vector<TextLine> lines;
};

// At most `width` cells each.
std::vector<std::string> RenderTextPlot(const TextPlot& plot, int width, int height);

}  // namespace starling::cli
