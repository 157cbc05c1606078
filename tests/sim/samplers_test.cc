#include "sim/samplers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace starling::sim {
namespace {

TEST(Samplers, ExpLogAndPowAgreeWithTheLibrary) {
  SeededRandom random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = (DrawUniform(random) - 0.5) * 1400;
    EXPECT_NEAR(Exp(x) / std::exp(x), 1, 4e-15) << x;
    const double y = std::exp((DrawUniform(random) - 0.5) * 1400);
    EXPECT_NEAR(Log(y), std::log(y), 1e-15 + std::abs(std::log(y)) * 4e-16) << y;
    const double base = DrawUniform(random) * 10;
    const double power = (DrawUniform(random) - 0.5) * 20;
    EXPECT_NEAR(Pow(base, power) / std::pow(base, power), 1, 1e-13);
  }
  EXPECT_EQ(Exp(0), 1);
  EXPECT_EQ(Log(1), 0);
  EXPECT_EQ(Exp(-1000), 0);
}

TEST(Samplers, GammaFunctionAgreesWithTheLibrary) {
  EXPECT_NEAR(GammaFunction(3), 2, 1e-12);
  for (double x = 0.05; x < 30; x += 0.0173) {
    EXPECT_NEAR(GammaFunction(x) / std::tgamma(x), 1, 1e-12) << x;
  }
}

TEST(Samplers, NormalQuantileInvertsTheDistribution) {
  for (double p = 0.0005; p < 1; p += 0.0005) {
    EXPECT_NEAR(0.5 * std::erfc(-NormalQuantile(p) / std::sqrt(2.0)), p, 1e-9);
  }
  EXPECT_NEAR(NormalQuantile(1e-12), -7.034484, 1e-5);
}

// Mean and standard deviation of many draws.
template <class Draw>
std::pair<double, double> Moments(Draw draw) {
  SeededRandom random(7);
  const int draws = 400'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = draw(random);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / draws;
  return {mean, std::sqrt(squares / draws - mean * mean)};
}

TEST(Samplers, HaveTheMomentsOfTheirDistributions) {
  const auto uniform = Moments([](Random& random) { return DrawUniform(random); });
  EXPECT_NEAR(uniform.first, 0.5, 0.002);
  EXPECT_NEAR(uniform.second, std::sqrt(1.0 / 12), 0.002);
  const auto normal = Moments([](Random& random) { return DrawNormal(random); });
  EXPECT_NEAR(normal.first, 0, 0.005);
  EXPECT_NEAR(normal.second, 1, 0.005);
  const auto exponential = Moments([](Random& random) { return DrawExponential(random); });
  EXPECT_NEAR(exponential.first, 1, 0.01);
  EXPECT_NEAR(exponential.second, 1, 0.01);
  const auto lognormal = Moments([](Random& random) { return DrawLognormal(random, 8, 0.8); });
  EXPECT_NEAR(lognormal.first, 8 * std::exp(0.32), 0.08);
  for (const double shape : {1.0, 2.0, 3.6, 20.0}) {
    const auto gamma = Moments([&](Random& random) { return DrawGamma(random, shape); });
    EXPECT_NEAR(gamma.first, shape, shape * 0.01);
    EXPECT_NEAR(gamma.second, std::sqrt(shape), std::sqrt(shape) * 0.01);
  }
  const auto weibull = Moments([](Random& random) { return DrawWeibull(random, 0.5, 5000); });
  EXPECT_NEAR(weibull.first, 10'000, 150);
}

TEST(Samplers, AreTheSameToTheLastBitEverywhere) {
  SeededRandom random(42);
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    sum += DrawNormal(random);
    sum += DrawLognormal(random, 8, 0.8);
    sum += DrawWeibull(random, 0.38, 2544);
  }
  EXPECT_EQ(sum, 0x1.1c7417a1dbc9fp+23) << std::hexfloat << sum;
}

}  // namespace
}  // namespace starling::sim
