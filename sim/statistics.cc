#include "sim/statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace starling::sim {
namespace {

constexpr double kQuantiles[] = {12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836,
                                 2.446911851,  2.364624252, 2.306004135, 2.262157163, 2.228138852,
                                 2.200985160,  2.178812830, 2.160368656, 2.144786688, 2.131449546,
                                 2.119905299,  2.109815578, 2.100922040, 2.093024054, 2.085963447,
                                 2.079613845,  2.073873068, 2.068657610, 2.063898562, 2.059538553,
                                 2.055529439,  2.051830516, 2.048407142, 2.045229642, 2.042272456};

// The series of Cornish and Fisher in 1 / degrees around the normal quantile; beyond the table it
// is right in seven digits.
double QuantileOfMany(double degrees) {
  constexpr double z = 1.959963984540054;
  const double z2 = z * z;
  const double g1 = z * (z2 + 1) / 4;
  const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
  const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return z + (g1 + (g2 + g3 / degrees) / degrees) / degrees;
}

}  // namespace

double StudentQuantile(double degrees) {
  degrees = std::max(degrees, 1.0);
  if (degrees >= static_cast<double>(std::size(kQuantiles))) return QuantileOfMany(degrees);
  const size_t below = static_cast<size_t>(degrees);
  const double part = degrees - static_cast<double>(below);
  return kQuantiles[below - 1] + part * (kQuantiles[below] - kQuantiles[below - 1]);
}

Estimate EstimateMean(std::span<const double> sample) {
  Estimate estimate;
  estimate.count = sample.size();
  if (sample.empty()) return estimate;
  const double count = static_cast<double>(sample.size());
  double sum = 0;
  for (const double value : sample) sum += value;
  // The mean of equal values is that value, whatever the rounding of their sum.
  const auto [least, most] = std::minmax_element(sample.begin(), sample.end());
  estimate.mean = std::clamp(sum / count, *least, *most);
  if (sample.size() < 2) return estimate;
  double squares = 0;
  for (const double value : sample) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.deviation = std::sqrt(squares / (count - 1));
  const double half = StudentQuantile(count - 1) * estimate.deviation / std::sqrt(count);
  estimate.low = estimate.mean - half;
  estimate.high = estimate.mean + half;
  return estimate;
}

Difference DifferenceOf(const Estimate& above, const Estimate& below) {
  Difference difference;
  difference.value = above.mean - below.mean;
  if (above.count < 2 || below.count < 2) return difference;
  const auto error = [](const Estimate& of) {
    return of.deviation * of.deviation / static_cast<double>(of.count);
  };
  const double a = error(above);
  const double b = error(below);
  double half = 0;
  if (a + b > 0) {
    const double degrees = (a + b) * (a + b) /
                           (a * a / static_cast<double>(above.count - 1) +
                            b * b / static_cast<double>(below.count - 1));
    half = StudentQuantile(degrees) * std::sqrt(a + b);
  }
  difference.low = difference.value - half;
  difference.high = difference.value + half;
  difference.is_clear = difference.low > 0 || difference.high < 0;
  return difference;
}

}  // namespace starling::sim
