#include "sim/sweep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace starling::sim {
namespace {

constexpr char kOpening[] = "({";
constexpr char kClosing[] = ")}";

// What closes the group that `opening` begins; 0 if it begins none.
char ClosingOf(char opening) {
  for (size_t i = 0; kOpening[i] != 0; ++i) {
    if (kOpening[i] == opening) return kClosing[i];
  }
  return 0;
}

// The parts between commas that stand in no group; nullopt if a group is not closed, or closed
// without having begun.
std::optional<std::vector<std::string>> SplitOutsideGroups(absl::string_view text) {
  std::vector<std::string> parts(1);
  std::string expected;  // what closes the groups around, the innermost last
  for (const char letter : text) {
    const bool in_quotes = !expected.empty() && expected.back() == '"';
    if (expected.empty() && letter == ',') {
      parts.emplace_back();
      continue;
    }
    parts.back() += letter;
    if (!expected.empty() && letter == expected.back()) {
      expected.pop_back();
    } else if (in_quotes) {
      continue;
    } else if (letter == '"') {
      expected += '"';
    } else if (const char closing = ClosingOf(letter)) {
      expected += closing;
    } else if (letter == ')' || letter == '}') {
      return std::nullopt;
    }
  }
  if (!expected.empty()) return std::nullopt;
  return parts;
}

// Without spaces around, and without one group that encloses all of it.
std::string Bare(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (value.size() < 2) return std::string(value);
  const char closing = value.front() == '"' ? '"' : ClosingOf(value.front());
  const absl::string_view inside = value.substr(1, value.size() - 2);
  // "(a)(b)" begins and ends like a group without being one.
  const bool is_enclosed =
      closing != 0 && value.back() == closing && SplitOutsideGroups(inside).has_value();
  if (is_enclosed) value = absl::StripAsciiWhitespace(inside);
  return std::string(value);
}

absl::Status WrongAxis(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--vary ", text, ": ", why));
}

absl::Status WrongSeeds(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--seeds ", text, ": ", why));
}

std::optional<uint64_t> ParseSeed(absl::string_view text) {
  uint64_t seed = 0;
  const bool is_number =
      !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(text, &seed)) return std::nullopt;
  return seed;
}

}  // namespace

absl::StatusOr<SweepAxis> ParseAxis(absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return WrongAxis(text, "must be KEY=VALUE,VALUE,..., such as leechers=100,1000");
  }
  SweepAxis axis;
  axis.key = std::string(text.substr(0, equals));
  const auto parts = SplitOutsideGroups(text.substr(equals + 1));
  if (!parts.has_value()) return WrongAxis(text, "quotes, parentheses or braces are not closed");
  for (const std::string& part : *parts) {
    std::string value = Bare(part);
    if (value.empty()) return WrongAxis(text, "a value is empty");
    if (std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end()) {
      return WrongAxis(text, absl::StrCat(value, " is given twice"));
    }
    axis.values.push_back(std::move(value));
  }
  return axis;
}

absl::StatusOr<std::vector<uint64_t>> ParseSeeds(absl::string_view text) {
  std::vector<uint64_t> seeds;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits("..", 1));
    const std::optional<uint64_t> first = ParseSeed(ends.first);
    const bool is_range = ends.first.size() != part.size();
    const std::optional<uint64_t> last = is_range ? ParseSeed(ends.second) : first;
    if (!first.has_value() || !last.has_value() || *first > *last) {
      return WrongSeeds(text, "must be whole numbers such as 1..10 or 1,2,5");
    }
    if (*last - *first >= kSweepRunsMax - seeds.size()) {
      return WrongSeeds(text, absl::StrCat("are more than ", kSweepRunsMax));
    }
    for (uint64_t i = 0; i <= *last - *first; ++i) seeds.push_back(*first + i);
  }
  std::vector<uint64_t> sorted = seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) return WrongSeeds(text, absl::StrCat(*twice, " is given twice"));
  return seeds;
}

absl::Status CheckSweep(const std::vector<SweepAxis>& axes, const std::vector<uint64_t>& seeds) {
  size_t runs = seeds.size();
  for (size_t i = 0; i < axes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (axes[j].key == axes[i].key) {
        return absl::InvalidArgumentError(absl::StrCat("--vary ", axes[i].key, ": is given twice"));
      }
    }
    if (axes[i].values.size() > kSweepRunsMax / runs) {
      return absl::InvalidArgumentError(
          absl::StrCat("the sweep has more than ", kSweepRunsMax, " runs"));
    }
    runs *= axes[i].values.size();
  }
  return absl::OkStatus();
}

std::vector<std::vector<Setting>> PointsOf(const std::vector<SweepAxis>& axes) {
  std::vector<std::vector<Setting>> points(1);
  for (const SweepAxis& axis : axes) {
    std::vector<std::vector<Setting>> longer;
    longer.reserve(points.size() * axis.values.size());
    for (const std::vector<Setting>& point : points) {
      for (const std::string& value : axis.values) {
        longer.push_back(point);
        longer.back().push_back({axis.key, value});
      }
    }
    points = std::move(longer);
  }
  return points;
}

}  // namespace starling::sim
