#include "cli/quantities.h"

#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace starling::cli {

namespace {

// A decimal number as a fraction of integers, so that 0.1G is exactly 100,000,000.
struct Decimal {
  uint64_t digits = 0;
  uint64_t scale = 1;  // the number is digits / scale
};

// Takes "12" or "1.5" from the front of `text`; nullopt if there is no digit or too many.
std::optional<Decimal> TakeDecimal(absl::string_view* text) {
  constexpr uint64_t kDigitsMax = 1'000'000'000'000'000'000;
  Decimal number;
  bool in_fraction = false;
  bool has_digit = false;
  size_t at = 0;
  for (; at < text->size(); ++at) {
    const char c = (*text)[at];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) break;
    if (number.digits >= kDigitsMax / 10) return std::nullopt;
    number.digits = number.digits * 10 + static_cast<uint64_t>(c - '0');
    if (in_fraction) number.scale *= 10;
    has_digit = true;
  }
  if (!has_digit) return std::nullopt;
  text->remove_prefix(at);
  return number;
}

std::optional<uint64_t> Times(const Decimal& number, uint64_t unit) {
  const unsigned __int128 product = static_cast<unsigned __int128>(number.digits) * unit;
  const unsigned __int128 result = product / number.scale;
  if (result > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return static_cast<uint64_t>(result);
}

std::optional<uint64_t> SizeUnit(absl::string_view text) {
  if (text.size() > 1) absl::ConsumeSuffix(&text, "B");
  if (text.empty() || text == "B") return 1;
  const bool is_binary = absl::ConsumeSuffix(&text, "i");
  if (text.size() != 1) return std::nullopt;
  constexpr absl::string_view kLetters = "KMGT";
  const size_t power = kLetters.find(absl::ascii_toupper(static_cast<unsigned char>(text[0])));
  if (power == absl::string_view::npos) return std::nullopt;
  uint64_t unit = 1;
  for (size_t i = 0; i <= power; ++i) unit *= is_binary ? 1024 : 1000;
  return unit;
}

struct TimeUnit {
  absl::string_view name;
  uint64_t microseconds;
};
constexpr std::array<TimeUnit, 5> kTimeUnits = {{{"ms", 1'000},
                                                 {"s", 1'000'000},
                                                 {"m", 60'000'000},
                                                 {"h", 3'600'000'000},
                                                 {"d", 86'400'000'000}}};

}  // namespace

std::optional<uint64_t> ParseSize(absl::string_view text) {
  const std::optional<Decimal> number = TakeDecimal(&text);
  if (!number.has_value()) return std::nullopt;
  const std::optional<uint64_t> unit = SizeUnit(text);
  if (!unit.has_value()) return std::nullopt;
  return Times(*number, *unit);
}

std::optional<uint64_t> ParseRate(absl::string_view text) {
  absl::ConsumeSuffix(&text, "/s");
  return ParseSize(text);
}

std::optional<Duration> ParseDuration(absl::string_view text) {
  uint64_t sum = 0;
  bool is_first = true;
  while (is_first || !text.empty()) {
    const std::optional<Decimal> number = TakeDecimal(&text);
    if (!number.has_value()) return std::nullopt;
    const size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    absl::string_view unit = text.substr(0, letters);
    if (unit.empty() && is_first && text.empty()) unit = "s";
    std::optional<uint64_t> part;
    for (const TimeUnit& candidate : kTimeUnits) {
      if (candidate.name == unit) part = Times(*number, candidate.microseconds);
    }
    // A thousand years: beyond any use, and far from the end of the clock.
    constexpr uint64_t kTimeMax = uint64_t{365'000} * 86'400'000'000;
    if (!part.has_value() || *part > kTimeMax - sum) return std::nullopt;
    sum += *part;
    text.remove_prefix(letters);
    is_first = false;
  }
  return Duration(static_cast<int64_t>(sum));
}

std::optional<uint64_t> ParseCount(absl::string_view text, uint64_t min, uint64_t max) {
  uint64_t number = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  if (!absl::SimpleAtoi(text, &number) || number < min || number > max) return std::nullopt;
  return number;
}

std::optional<SeedAfter> ParseSeedAfter(absl::string_view text) {
  absl::string_view rest = text;
  const std::optional<Decimal> number = TakeDecimal(&rest);
  if (!number.has_value()) return std::nullopt;
  if (rest.empty()) {
    return SeedToRatio{static_cast<double>(number->digits) / static_cast<double>(number->scale)};
  }
  const std::optional<Duration> time = ParseDuration(text);
  if (!time.has_value()) return std::nullopt;
  return SeedForTime{*time};
}

std::string FormatSize(uint64_t bytes) {
  if (bytes < 1000) return absl::StrFormat("%d B", bytes);
  constexpr absl::string_view kLetters = "KMGTPE";
  double value = static_cast<double>(bytes) / 1000;
  size_t power = 0;
  while (value >= 999.5 && power + 1 < kLetters.size()) {
    value /= 1000;
    ++power;
  }
  // Three digits say enough, and keep columns narrow.
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f %cB", decimals, value, kLetters[power]);
}

std::string FormatPieceLength(uint64_t bytes) {
  constexpr uint64_t kMi = 1 << 20;
  if (bytes > 0 && bytes % kMi == 0) return absl::StrFormat("%d MiB", bytes / kMi);
  if (bytes > 0 && bytes % 1024 == 0) return absl::StrFormat("%d KiB", bytes / 1024);
  return absl::StrFormat("%d bytes", bytes);
}

std::string FormatRate(uint64_t rate) { return FormatSize(rate) + "/s"; }

std::string FormatDuration(Duration length) {
  const int64_t microseconds = std::max<int64_t>(length.count(), 0);
  const double in_seconds = ToSeconds(Duration(microseconds));
  if (in_seconds < 0.00995) return absl::StrFormat("%.1f ms", in_seconds * 1000);
  if (in_seconds < 0.9995) return absl::StrFormat("%.0f ms", in_seconds * 1000);
  if (in_seconds < 9.995) return absl::StrFormat("%.2f s", in_seconds);
  if (in_seconds < 59.95) return absl::StrFormat("%.1f s", in_seconds);
  const int64_t whole = (microseconds + 500'000) / 1'000'000;
  if (whole < 3600) return absl::StrFormat("%dm %02ds", whole / 60, whole % 60);
  if (whole < 86'400) return absl::StrFormat("%dh %02dm", whole / 3600, whole / 60 % 60);
  return absl::StrFormat("%dd %dh", whole / 86'400, whole / 3600 % 24);
}

}  // namespace starling::cli
