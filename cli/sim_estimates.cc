#include "cli/sim_estimates.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check_run.h"

namespace starling::cli {

std::string FormatEstimate(const sim::Estimate& estimate) {
  if (std::isnan(estimate.low)) return sim::FormatFigure(estimate.mean);
  const double half = (estimate.high - estimate.low) / 2;
  if (half == 0) return absl::StrCat(sim::FormatFigure(estimate.mean), " ± 0");
  // Two digits of the half interval; those of the mean beyond them would say nothing.
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(half))), 0, 4);
  return absl::StrFormat("%.*f ± %.*f", decimals, estimate.mean, decimals, half);
}

void AppendEstimate(const sim::Estimate& estimate, Json* json) {
  json->BeginObject().Key("n").Number(estimate.count);
  json->Key("mean").Exact(estimate.mean).Key("sd").Exact(estimate.deviation);
  json->Key("low").Exact(estimate.low).Key("high").Exact(estimate.high).End();
}

}  // namespace starling::cli
