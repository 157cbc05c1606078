#include "sim/closest_name.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace starling::sim {
namespace {

constexpr size_t kLengthMax = 64;  // beyond it nothing was mistyped, and the work is quadratic

// Letters to add, drop or replace (Levenshtein).
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string ClosestName(absl::string_view typed, std::span<const std::string> names) {
  if (typed.size() > kLengthMax) return "";
  std::string closest;
  size_t distance_min = std::max<size_t>(typed.size() / 3, 1) + 1;
  for (const std::string& name : names) {
    if (name.size() > kLengthMax) continue;
    const size_t distance = EditDistance(typed, name);
    if (distance < distance_min) {
      distance_min = distance;
      closest = name;
    }
  }
  return closest;
}

std::string DidYouMean(absl::string_view typed, std::span<const std::string> names) {
  const std::string closest = ClosestName(typed, names);
  return closest.empty() ? "" : absl::StrCat("; did you mean \"", closest, "\"?");
}

}  // namespace starling::sim
