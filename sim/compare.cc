#include "sim/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace starling::sim {
namespace {

using Values = std::vector<std::string>;

// The keys that take more than one value in `table`.
std::set<std::string> VaryingKeys(const SweepTable& table) {
  std::set<std::string> keys;
  for (const SweepRow& row : table.rows) {
    for (size_t i = 0; i < table.keys.size(); ++i) {
      if (row.values[i] != table.rows.front().values[i]) keys.insert(table.keys[i]);
    }
  }
  return keys;
}

// Where `keys` stand among the columns of `table`; empty if one is missing.
std::vector<size_t> PlacesOf(const std::vector<std::string>& keys, const SweepTable& table) {
  std::vector<size_t> places;
  for (const std::string& key : keys) {
    const auto found = std::find(table.keys.begin(), table.keys.end(), key);
    if (found == table.keys.end()) return {};
    places.push_back(static_cast<size_t>(found - table.keys.begin()));
  }
  return places;
}

// `table` with no other columns than `keys`.
SweepTable Narrowed(const SweepTable& table, const std::vector<std::string>& keys) {
  const std::vector<size_t> places = PlacesOf(keys, table);
  SweepTable narrow;
  narrow.keys = keys;
  for (const SweepRow& row : table.rows) {
    SweepRow& copy = narrow.rows.emplace_back(row);
    copy.values.clear();
    for (const size_t place : places) copy.values.push_back(row.values[place]);
  }
  return narrow;
}

// The names that `patterns` ask for, in that order.
std::vector<std::string> Wanted(const std::vector<std::string>& patterns,
                                const std::set<std::string>& names) {
  std::vector<std::string> wanted;
  const auto add = [&](absl::string_view pattern) {
    for (const std::string& name : names) {
      const bool is_new = std::find(wanted.begin(), wanted.end(), name) == wanted.end();
      if (is_new && MatchesPattern(name, pattern)) wanted.push_back(name);
    }
  };
  for (const std::string& pattern : patterns) add(pattern);
  if (!patterns.empty()) return wanted;
  for (const MainMetric& metric : MainMetrics()) add(metric.name);
  add("*.completion_s.mean");
  return wanted;
}

ComparedPoint ComparePoint(const SweepPoint& first, const SweepPoint& second,
                           const std::vector<std::string>& patterns) {
  std::set<std::string> names;
  for (const auto& [name, estimate] : first.metrics) {
    if (second.metrics.contains(name)) names.insert(name);
  }
  ComparedPoint point;
  point.values = first.values;
  for (const std::string& name : Wanted(patterns, names)) {
    ComparedMetric metric{name, first.metrics.at(name), second.metrics.at(name), {}};
    metric.difference = DifferenceOf(metric.second, metric.first);
    point.metrics.push_back(std::move(metric));
  }
  return point;
}

}  // namespace

bool MatchesPattern(absl::string_view text, absl::string_view pattern) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = absl::string_view::npos;  // the last one passed, which may take more letters
  size_t star_ends = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_ends = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == text[at])) {
      ++in_pattern;
      ++at;
    } else if (star != absl::string_view::npos) {
      in_pattern = star + 1;
      at = ++star_ends;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == absl::string_view::npos;
}

absl::StatusOr<Comparison> Compare(const SweepTable& first, const SweepTable& second,
                                   const std::vector<std::string>& patterns) {
  const std::set<std::string> of_first = VaryingKeys(first);
  const std::set<std::string> of_second = VaryingKeys(second);
  std::set<std::string> varying = of_first;
  varying.insert(of_second.begin(), of_second.end());
  Comparison comparison;
  comparison.keys.assign(varying.begin(), varying.end());
  const auto names = [](const std::set<std::string>& keys) {
    return keys.empty() ? "nothing" : absl::StrJoin(keys, ", ");
  };
  for (const SweepTable* table : {&first, &second}) {
    if (!comparison.keys.empty() && PlacesOf(comparison.keys, *table).empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the two cannot be compared point by point: the first varies ", names(of_first),
          ", the second ", names(of_second), "; both must vary the same"));
    }
  }
  const std::vector<SweepPoint> points = SummarisePoints(Narrowed(first, comparison.keys));
  const std::vector<SweepPoint> others = SummarisePoints(Narrowed(second, comparison.keys));
  std::map<Values, const SweepPoint*> unmatched;
  for (const SweepPoint& other : others) unmatched[other.values] = &other;
  for (const SweepPoint& point : points) {
    const auto found = unmatched.find(point.values);
    if (found == unmatched.end()) {
      comparison.only_first.push_back(point.values);
      continue;
    }
    comparison.points.push_back(ComparePoint(point, *found->second, patterns));
    unmatched.erase(found);
  }
  for (const SweepPoint& other : others) {
    if (unmatched.contains(other.values)) comparison.only_second.push_back(other.values);
  }
  return comparison;
}

}  // namespace starling::sim
