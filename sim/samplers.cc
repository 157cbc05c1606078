#include "sim/samplers.h"

#include <bit>
#include <cmath>
#include <limits>

namespace starling::sim {
namespace {

// ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;

double PowerOfTwo(int exponent) {
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}

}  // namespace

double Exp(double x) {
  if (x > 709.0) return std::numeric_limits<double>::infinity();
  if (x < -708.0) return 0.0;
  const double scaled = x / (kLn2High + kLn2Low);
  const int exponent = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double rest = (x - exponent * kLn2High) - exponent * kLn2Low;
  double sum = 1.0;  // Horner's form of the series; |rest| <= 0.35, so 15 terms are enough
  for (int n = 15; n >= 1; --n) sum = 1.0 + rest * sum / n;
  return sum * PowerOfTwo(exponent);
}

double Log(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffu) | (uint64_t{1023} << 52));
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    ++exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);  // |s| <= 0.172
  const double square = s * s;
  double sum = 0;
  for (int n = 23; n >= 1; n -= 2) sum = 1.0 / n + square * sum;
  return exponent * kLn2High + (2 * s * sum + exponent * kLn2Low);
}

double Pow(double x, double y) { return Exp(y * Log(x)); }

// The rational approximations of P. J. Acklam (2003), one for the middle and one for the tails.
double NormalQuantile(double p) {
  constexpr double kTail = 0.02425;
  if (p > 1 - kTail) return -NormalQuantile(1 - p);
  if (p < kTail) {
    const double q = std::sqrt(-2 * Log(p));
    const double top =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
          2.549732539343734e+00) *
             q +
         4.374664141464968e+00) *
            q +
        2.938163982698783e+00;
    const double bottom =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q +
         3.754408661416037e+00) *
            q +
        1;
    return top / bottom;
  }
  const double q = p - 0.5;
  const double r = q * q;
  const double top =
      (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
         1.383577518672690e+02) *
            r -
        3.066479806614716e+01) *
           r +
       2.506628277459239e+00) *
      q;
  const double bottom =
      ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
        6.680131188771972e+01) *
           r -
       1.328068155288572e+01) *
          r +
      1;
  return top / bottom;
}

// Stirling's series where it is good, above 12; below, Gamma(x) = Gamma(x + 1) / x.
double GammaFunction(double x) {
  double below = 1;
  for (; x < 12; x += 1) below *= x;
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  const double r = 1 / (x * x);
  const double series =
      (1.0 / 12 + r * (-1.0 / 360 + r * (1.0 / 1260 + r * (-1.0 / 1680 + r / 1188)))) / x;
  return Exp((x - 0.5) * Log(x) - x + kHalfLogTwoPi + series) / below;
}

double DrawUniform(Random& random) {
  return (static_cast<double>(random.Next() >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}

double DrawNormal(Random& random) { return NormalQuantile(DrawUniform(random)); }

double DrawExponential(Random& random) { return -Log(DrawUniform(random)); }

double DrawLognormal(Random& random, double median, double sigma) {
  return median * Exp(sigma * DrawNormal(random));
}

double DrawWeibull(Random& random, double shape, double scale) {
  return scale * Pow(DrawExponential(random), 1 / shape);
}

// The squeeze of Marsaglia and Tsang (2000): a cube of a normal, refused now and then.
double DrawGamma(Random& random, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double normal = DrawNormal(random);
    const double uniform = DrawUniform(random);
    const double root = 1 + c * normal;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (Log(uniform) < normal * normal / 2 + d - d * v + d * Log(v)) return d * v;
  }
}

}  // namespace starling::sim
