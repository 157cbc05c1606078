#include "sim/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace starling::sim {
namespace {

struct Scale {
  absl::string_view name;
  uint64_t factor;
};
// The larger of two that write a value equally short is preferred.
constexpr std::array<Scale, 9> kByteScales = {{{"B", 1},
                                               {"KB", 1'000},
                                               {"MB", 1'000'000},
                                               {"GB", 1'000'000'000},
                                               {"TB", 1'000'000'000'000},
                                               {"KiB", uint64_t{1} << 10},
                                               {"MiB", uint64_t{1} << 20},
                                               {"GiB", uint64_t{1} << 30},
                                               {"TiB", uint64_t{1} << 40}}};
constexpr std::array<Scale, 5> kBitScales = {{{"bit", 1},
                                              {"Kbit", 1'000},
                                              {"Mbit", 1'000'000},
                                              {"Gbit", 1'000'000'000},
                                              {"Tbit", 1'000'000'000'000}}};
// Of microseconds.
constexpr std::array<Scale, 6> kTimeScales = {{{"us", 1},
                                               {"ms", 1'000},
                                               {"s", 1'000'000},
                                               {"min", 60'000'000},
                                               {"h", 3'600'000'000},
                                               {"d", 86'400'000'000}}};
constexpr double kMicrosecondsPerSecond = 1e6;

// A decimal number as a fraction of integers, so that 0.1GB is exactly 100,000,000 bytes.
struct Decimal {
  uint64_t digits = 0;
  uint64_t scale = 1;
};

std::optional<Decimal> TakeDecimal(absl::string_view* text) {
  constexpr uint64_t kDigitsMax = 1'000'000'000'000'000;
  Decimal number;
  bool in_fraction = false;
  bool has_digit = false;
  size_t at = 0;
  for (; at < text->size(); ++at) {
    const char c = (*text)[at];
    if (c == '.' && !in_fraction && has_digit) {
      in_fraction = true;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) break;
    if (number.digits >= kDigitsMax || number.scale >= kDigitsMax) return std::nullopt;
    number.digits = number.digits * 10 + static_cast<uint64_t>(c - '0');
    if (in_fraction) number.scale *= 10;
    has_digit = true;
  }
  if (!has_digit) return std::nullopt;
  text->remove_prefix(at);
  while (absl::ConsumePrefix(text, " ")) {
  }
  return number;
}

std::optional<uint64_t> WholeOf(const Decimal& number, uint64_t factor, uint64_t divisor) {
  const unsigned __int128 product = static_cast<unsigned __int128>(number.digits) * factor;
  const unsigned __int128 parts = static_cast<unsigned __int128>(number.scale) * divisor;
  constexpr uint64_t kExactMax = uint64_t{1} << 53;  // of a double
  if (product % parts != 0 || product / parts > kExactMax) return std::nullopt;
  return static_cast<uint64_t>(product / parts);
}

std::optional<uint64_t> ParseScaled(absl::string_view text, std::span<const Scale> scales,
                                    uint64_t divisor = 1) {
  const std::optional<Decimal> number = TakeDecimal(&text);
  if (!number.has_value()) return std::nullopt;
  if (number->digits == 0 && text.empty()) return 0;
  for (const Scale& scale : scales) {
    if (scale.name == text) return WholeOf(*number, scale.factor, divisor);
  }
  return std::nullopt;
}

std::optional<double> ToDouble(std::optional<uint64_t> value, double per = 1) {
  if (!value.has_value()) return std::nullopt;
  return static_cast<double>(*value) / per;
}

std::optional<double> ParseRate(absl::string_view text) {
  if (text == "0") return 0;
  if (!absl::ConsumeSuffix(&text, "/s")) return std::nullopt;
  if (const auto bytes = ParseScaled(text, kByteScales)) return ToDouble(bytes);
  return ToDouble(ParseScaled(text, kBitScales, 8));
}

std::optional<double> ParseNumber(absl::string_view text) {
  // Neither "inf" nor "nan" nor hexadecimal digits.
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != absl::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseShare(absl::string_view text) {
  const bool is_percent = absl::ConsumeSuffix(&text, "%");
  const std::optional<double> number = ParseNumber(text);
  if (!number.has_value()) return std::nullopt;
  return is_percent ? *number / 100 : *number;
}

std::string FormatNumber(double value) {
  constexpr double kWholeMax = 1e15;  // to_chars would write 1e+05, which is shorter
  if (value == std::trunc(value) && std::abs(value) <= kWholeMax) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  std::array<char, 32> space;
  const auto [end, error] = std::to_chars(space.data(), space.data() + space.size(), value);
  return error == std::errc() ? std::string(space.data(), end) : std::string("0");
}

// `value` of a scale in decimal digits, at most three behind the point; empty if that is not exact.
std::string FormatExactly(uint64_t value, uint64_t factor) {
  const unsigned __int128 thousandths = static_cast<unsigned __int128>(value) * 1000;
  if (thousandths % factor != 0) return "";
  const uint64_t parts = static_cast<uint64_t>(thousandths / factor);
  std::string text = absl::StrCat(parts / 1000);
  if (parts % 1000 == 0) return text;
  const std::string fraction = absl::StrCat(parts % 1000 + 1000);
  absl::StrAppend(&text, ".", absl::string_view(fraction).substr(1));
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string FormatScaled(double base_value, std::span<const Scale> scales, bool only_whole) {
  if (!(base_value > 0)) return only_whole ? "0s" : "0B";
  const uint64_t value = static_cast<uint64_t>(std::llround(base_value));
  std::string shortest;
  for (const Scale& scale : scales) {
    if (value < scale.factor && scale.factor != 1) continue;
    if (only_whole && value % scale.factor != 0) continue;
    const std::string digits = FormatExactly(value, scale.factor);
    if (digits.empty()) continue;
    const std::string text = absl::StrCat(digits, scale.name);
    if (shortest.empty() || text.size() <= shortest.size()) shortest = text;
  }
  return shortest;
}

absl::string_view NounOf(Unit unit) {
  switch (unit) {
    case Unit::kCount:
      return "a whole number";
    case Unit::kShare:
      return "a share";
    case Unit::kSize:
      return "a size";
    case Unit::kRate:
      return "a rate";
    case Unit::kDuration:
      return "a duration";
    case Unit::kNumber:
    case Unit::kAny:
      break;
  }
  return "a number";
}

absl::string_view ExampleOf(Unit unit) {
  switch (unit) {
    case Unit::kShare:
      return ", such as 0.005 or \"0.5%\"";
    case Unit::kSize:
      return ", such as \"3GB\" or \"256KiB\"";
    case Unit::kRate:
      return ", such as \"50KB/s\" or \"10Gbit/s\"";
    case Unit::kDuration:
      return ", such as \"200ms\", \"10s\", \"5min\" or \"3h\"";
    case Unit::kAny:
      return ", perhaps with a unit, such as 5, \"50KB/s\" or \"10s\"";
    case Unit::kCount:
    case Unit::kNumber:
      break;
  }
  return "";
}

}  // namespace

std::optional<double> ParseQuantity(Unit unit, absl::string_view text) {
  switch (unit) {
    case Unit::kCount: {
      const std::optional<double> value = ParseNumber(text);
      if (!value.has_value() || *value != std::trunc(*value)) return std::nullopt;
      return value;
    }
    case Unit::kNumber:
      return ParseNumber(text);
    case Unit::kShare:
      return ParseShare(text);
    case Unit::kSize:
      return ToDouble(ParseScaled(text, kByteScales));
    case Unit::kRate:
      return ParseRate(text);
    case Unit::kDuration:
      return ToDouble(ParseScaled(text, kTimeScales), kMicrosecondsPerSecond);
    case Unit::kAny:
      for (const Unit each : {Unit::kShare, Unit::kSize, Unit::kRate, Unit::kDuration}) {
        if (const auto value = ParseQuantity(each, text)) return value;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

std::string FormatQuantity(Unit unit, double value) {
  switch (unit) {
    case Unit::kSize:
      return FormatScaled(value, kByteScales, false);
    case Unit::kRate:
      return absl::StrCat(FormatScaled(value, kByteScales, false), "/s");
    case Unit::kDuration:
      return FormatScaled(value * kMicrosecondsPerSecond, kTimeScales, true);
    case Unit::kCount:
    case Unit::kNumber:
    case Unit::kShare:
    case Unit::kAny:
      break;
  }
  return FormatNumber(value);
}

bool IsWrittenAsText(Unit unit) {
  return unit == Unit::kSize || unit == Unit::kRate || unit == Unit::kDuration;
}

std::string AllowedQuantity(Unit unit, const Range& range) {
  return absl::StrCat(NounOf(unit), " from ", FormatQuantity(unit, range.min), " to ",
                      FormatQuantity(unit, range.max), ExampleOf(unit));
}

bool IsWhole(Unit unit) {
  return unit != Unit::kNumber && unit != Unit::kShare && unit != Unit::kAny;
}

}  // namespace starling::sim
