// Numbers with their units, as scenario files write them. Exact: a size or rate is a whole number
// of bytes, a duration one of microseconds, and what is written reads back as the same.
//
//   size      "3GB", "256KiB", "17B"           K M G T are powers of 1000, Ki Mi Gi Ti of 1024
//   rate      "50KB/s", "10Gbit/s"
//   duration  "200ms", "10s", "5min", "3h"
//   share     0.005, "0.5%"
//
// A quantity is handled as a double in its base unit (bytes, bytes a second, seconds), which holds
// all allowed values exactly.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace starling::sim {

enum class Unit {
  kCount,  // a whole number
  kNumber,
  kShare,  // from 0 to 1
  kSize,
  kRate,
  kDuration,
  kAny,  // whatever its text says
};

struct Range {
  double min = 0;
  double max = 0;
};

// From text. A size, a rate or a duration needs its unit, unless it is 0.
std::optional<double> ParseQuantity(Unit unit, absl::string_view text);
// With its unit, in the shortest way that is exact: "50KB/s", "12".
std::string FormatQuantity(Unit unit, double value);
// Whether text in a file needs quotes: "50KB/s" is no number of TOML.
bool IsWrittenAsText(Unit unit);
// "a rate from 0 to 1TB/s, such as \"50KB/s\""
std::string AllowedQuantity(Unit unit, const Range& range);
bool IsWhole(Unit unit);

}  // namespace starling::sim
