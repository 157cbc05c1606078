#include "base/strategy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace starling {
namespace {

struct Unit {
  absl::string_view name;
  double factor;
};
constexpr std::array<Unit, 17> kUnits = {{
    {"", 1},
    {"B", 1},
    {"k", 1e3},
    {"K", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"Ki", 1024},
    {"Mi", 1024.0 * 1024},
    {"ms", 0.001},
    {"s", 1},
    {"m", 60},
    {"min", 60},
    {"h", 3600},
    {"d", 86'400},
    {"Gi", 1073741824.0},
    {"T", 1e12},
    {"%", 0.01},
}};
constexpr size_t kTextMax = 1000;  // a command line's word, not a program

std::optional<double> FactorOf(absl::string_view unit) {
  absl::string_view bare = unit;
  const bool is_rate = bare.size() > 2 && bare.substr(bare.size() - 2) == "/s";
  if (is_rate) bare.remove_suffix(2);
  double divisor = 1;
  if (is_rate && bare.size() >= 3 && bare.substr(bare.size() - 3) == "bit") {
    bare.remove_suffix(3);
    divisor = 8;
  } else if (bare.size() > 1 && bare.back() == 'B') {
    bare.remove_suffix(1);
  }
  for (const Unit& known : kUnits) {
    if (known.name == bare) return known.factor / divisor;
  }
  return std::nullopt;
}

std::optional<double> ParseValue(absl::string_view text) {
  if (text == "yes" || text == "true" || text == "on") return 1;
  if (text == "no" || text == "false" || text == "off") return 0;
  size_t digits = 0;
  while (digits < text.size() &&
         (absl::ascii_isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.')) {
    ++digits;
  }
  double number = 0;
  if (digits == 0 || !absl::SimpleAtod(text.substr(0, digits), &number)) return std::nullopt;
  const std::optional<double> factor = FactorOf(text.substr(digits));
  if (!factor.has_value()) return std::nullopt;
  return number * *factor;
}

bool IsName(absl::string_view text, absl::string_view more = "") {
  return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
           more.find(c) != absl::string_view::npos;
  });
}

absl::string_view UnitOf(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kRate:
      return " bytes a second";
    case ParameterKind::kDuration:
      return " seconds";
    case ParameterKind::kInteger:
    case ParameterKind::kNumber:
    case ParameterKind::kFlag:
      break;
  }
  return "";
}

std::string Allowed(const Parameter& parameter) {
  if (parameter.kind == ParameterKind::kFlag) return "yes or no";
  const absl::string_view what =
      parameter.kind == ParameterKind::kInteger ? "a whole number" : "a number";
  return absl::StrCat(what, " from ", parameter.min, " to ", parameter.max, UnitOf(parameter.kind));
}

bool IsAllowed(const Parameter& parameter, double value) {
  const bool must_be_whole =
      parameter.kind == ParameterKind::kInteger || parameter.kind == ParameterKind::kFlag;
  if (must_be_whole && value != std::trunc(value)) return false;
  const bool is_flag = parameter.kind == ParameterKind::kFlag;
  // Not a number compares as false with everything, so it is refused as well.
  return value >= (is_flag ? 0 : parameter.min) && value <= (is_flag ? 1 : parameter.max);
}

std::string NamesOf(const StrategyInfo& info) {
  if (info.parameters.empty()) return "it has none";
  return absl::StrCat("it has ", absl::StrJoin(info.parameters, ", ",
                                               [](std::string* out, const Parameter& parameter) {
                                                 absl::StrAppend(out, parameter.name);
                                               }));
}

}  // namespace

absl::StatusOr<StrategyValues> ResolveStrategy(const StrategyInfo& info, const StrategySpec& spec) {
  StrategyValues values;
  for (const Parameter& parameter : info.parameters) values[parameter.name] = parameter.fallback;
  for (const auto& entry : spec.values) {
    const auto known =
        std::find_if(info.parameters.begin(), info.parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == entry.first; });
    if (known == info.parameters.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(info.name, " has no parameter ", entry.first, "; ", NamesOf(info)));
    }
    if (!IsAllowed(*known, entry.second)) {
      return absl::InvalidArgumentError(absl::StrCat(info.name, ": ", entry.first, " = ",
                                                     entry.second, ": must be ", Allowed(*known)));
    }
    values[entry.first] = entry.second;
  }
  return values;
}

absl::StatusOr<StrategySpec> ParseStrategy(absl::string_view text) {
  if (text.size() > kTextMax) return absl::InvalidArgumentError("too long");
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  StrategySpec spec;
  spec.name = std::string(halves.first);
  if (!IsName(spec.name, "+")) {
    return absl::InvalidArgumentError(absl::StrCat("\"", absl::CHexEscape(spec.name),
                                                   "\" is no name; write NAME or "
                                                   "NAME:parameter=value,..."));
  }
  if (halves.first.size() == text.size()) return spec;
  for (const absl::string_view part : absl::StrSplit(halves.second, ',')) {
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const std::string shown = absl::CHexEscape(part);
    if (!IsName(sides.first)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", shown, "\": write parameter=value, with commas in between"));
    }
    const std::optional<double> value = ParseValue(sides.second);
    if (!value.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", shown, "\": must be a number, perhaps with a unit (500K, 2Mi, 30s), or yes or no"));
    }
    if (!spec.values.emplace(std::string(sides.first), *value).second) {
      return absl::InvalidArgumentError(absl::StrCat("\"", sides.first, "\" is given twice"));
    }
  }
  return spec;
}

}  // namespace starling
