// Sizes, rates, durations and ratios as people write and read them.
//
//   sizes      1500, 256M, 1.5G, 64Ki, 2GiB    K M G T are powers of 1000, Ki Mi Gi Ti of 1024
//   rates      bytes a second, written as sizes, "/s" allowed: 2M, 500K/s
//   durations  90 (seconds), 30s, 10m, 2h, 1d, 1h30m, 500ms
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "base/time.h"

namespace starling::cli {

std::optional<uint64_t> ParseSize(absl::string_view text);
std::optional<uint64_t> ParseRate(absl::string_view text);
std::optional<Duration> ParseDuration(absl::string_view text);
// A whole number in [min, max], in decimal digits.
std::optional<uint64_t> ParseCount(absl::string_view text, uint64_t min, uint64_t max);

// When to stop seeding: never by itself, at a ratio of uploaded to size, or after a time. A number
// with a unit is a time, a bare one a ratio.
struct SeedForever {};
struct SeedToRatio {
  double ratio = 0;
};
struct SeedForTime {
  Duration time{};
};
using SeedAfter = std::variant<SeedForever, SeedToRatio, SeedForTime>;
std::optional<SeedAfter> ParseSeedAfter(absl::string_view text);

std::string FormatSize(uint64_t bytes);         // "999 B", "1.23 KB", "45.6 MB"
std::string FormatPieceLength(uint64_t bytes);  // "16 KiB", "4 MiB", else "12345 bytes"
std::string FormatRate(uint64_t rate);          // "45.6 MB/s"
std::string FormatDuration(Duration length);    // "312 ms", "4.62 s", "4m 05s", "2h 10m", "3d 4h"

}  // namespace starling::cli
