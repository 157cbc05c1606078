// A table as lines of text: columns as wide as their widest cell, the first ones to the left, the
// figures to the right. Columns that do not fit into the width any more are left out.
#pragma once

#include <string>
#include <vector>

namespace starling::cli {

struct TextRows {
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;  // as many cells each as there are heads
  size_t left_columns = 1;                     // so many are text, and aligned to the left
};

// Every line begins with two spaces and is at most `width` cells long. Cells may hold any bytes.
std::vector<std::string> RenderTextRows(const TextRows& table, int width);

}  // namespace starling::cli
