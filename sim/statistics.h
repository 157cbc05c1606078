// What some measurements say of the mean behind them: Student's interval of one sample, Welch's of
// the difference of two. Nothing but arithmetic and square roots, so that every machine comes to
// the same digits.
#pragma once

#include <cstddef>
#include <span>

#include "sim/result.h"

namespace starling::sim {

// The mean of a sample and its 95 % interval. A single measurement has no deviation and no
// interval, an empty sample has no mean either: those are kNoValue.
struct Estimate {
  size_t count = 0;
  double mean = kNoValue;
  double deviation = kNoValue;  // of the sample, with n - 1
  double low = kNoValue;
  double high = kNoValue;
};
Estimate EstimateMean(std::span<const double> sample);

// How much the mean of one sample lies above that of another, and the 95 % interval of that.
struct Difference {
  double value = kNoValue;
  double low = kNoValue;
  double high = kNoValue;
  bool is_clear = false;  // zero lies outside of the interval
};
Difference DifferenceOf(const Estimate& above, const Estimate& below);

// What Student's t with so many degrees of freedom (1 or more, also fractions) exceeds in 2.5 % of
// all cases. Between whole numbers the chord is taken, which lies on the safe side.
double StudentQuantile(double degrees);

}  // namespace starling::sim
