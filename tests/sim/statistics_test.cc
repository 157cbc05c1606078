#include "sim/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace starling::sim {
namespace {

TEST(Statistics, StudentsQuantilesAreThoseOfTheTables) {
  const std::pair<double, double> kPrinted[] = {{1, 12.7062},  {2, 4.30265},   {9, 2.26216},
                                                {30, 2.04227}, {31, 2.03951},  {40, 2.02108},
                                                {60, 2.00030}, {120, 1.97993}, {1e9, 1.95996}};
  for (const auto& [degrees, quantile] : kPrinted) {
    EXPECT_NEAR(StudentQuantile(degrees), quantile, 1e-5 * quantile) << degrees;
  }
}

TEST(Statistics, BetweenWholeDegreesTheQuantileFallsAndIsOnTheSafeSide) {
  EXPECT_GE(StudentQuantile(2.5), 3.57465);  // The exact one, by integration.
  double last = StudentQuantile(1);
  for (double degrees = 1.1; degrees < 60; degrees += 0.1) {
    const double quantile = StudentQuantile(degrees);
    EXPECT_LT(quantile, last) << degrees;
    last = quantile;
  }
}

TEST(Statistics, TheIntervalOfAMeanIsStudents) {
  const std::vector<double> sample = {4, 6, 8, 10, 12};
  const Estimate estimate = EstimateMean(sample);
  EXPECT_EQ(estimate.count, 5u);
  EXPECT_DOUBLE_EQ(estimate.mean, 8);
  EXPECT_NEAR(estimate.deviation, 3.16228, 1e-5);
  EXPECT_NEAR(estimate.low, 8 - 3.92649, 1e-4);
  EXPECT_NEAR(estimate.high, 8 + 3.92649, 1e-4);
}

TEST(Statistics, FewMeasurementsSayLess) {
  const Estimate none = EstimateMean({});
  EXPECT_EQ(none.count, 0u);
  EXPECT_TRUE(std::isnan(none.mean));
  const std::vector<double> single = {3};
  const Estimate one = EstimateMean(single);
  EXPECT_EQ(one.mean, 3);
  EXPECT_TRUE(std::isnan(one.low) && std::isnan(one.high) && std::isnan(one.deviation));
}

TEST(Statistics, EqualMeasurementsHaveAnIntervalOfNoWidth) {
  const std::vector<double> sample(7, 0.1);
  const Estimate estimate = EstimateMean(sample);
  EXPECT_EQ(estimate.mean, 0.1);
  EXPECT_EQ(estimate.low, 0.1);
  EXPECT_EQ(estimate.high, 0.1);
}

TEST(Statistics, TheIntervalOfADifferenceIsWelchs) {
  const std::vector<double> below = {27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1,
                                     21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4};
  const std::vector<double> above = {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0,
                                     24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9};
  const Difference difference = DifferenceOf(EstimateMean(above), EstimateMean(below));
  // 27.71 degrees of freedom: 2.7667 -+ 2.0493 * 0.97581.
  EXPECT_NEAR(difference.value, 2.7667, 1e-4);
  EXPECT_NEAR(difference.low, 2.7667 - 1.9997, 1e-3);
  EXPECT_TRUE(difference.is_clear);
  EXPECT_NEAR(difference.high - difference.value, difference.value - difference.low, 1e-9);
}

TEST(Statistics, ADifferenceIsClearOnlyIfItsIntervalLeavesOutZero) {
  const std::vector<double> a = {1, 2, 3};
  const std::vector<double> b = {2, 3, 4};
  const std::vector<double> far = {101, 102, 103};
  const std::vector<double> single = {500};
  EXPECT_FALSE(DifferenceOf(EstimateMean(b), EstimateMean(a)).is_clear);
  EXPECT_TRUE(DifferenceOf(EstimateMean(far), EstimateMean(a)).is_clear);
  EXPECT_TRUE(DifferenceOf(EstimateMean(a), EstimateMean(far)).is_clear);
  const Difference unknown = DifferenceOf(EstimateMean(single), EstimateMean(a));
  EXPECT_EQ(unknown.value, 498);
  EXPECT_TRUE(std::isnan(unknown.low));
  EXPECT_FALSE(unknown.is_clear);
}

TEST(Statistics, WhatNeverVariesDiffersClearlyOrNotAtAll) {
  const std::vector<double> ones(3, 1.0);
  const std::vector<double> twos(3, 2.0);
  EXPECT_TRUE(DifferenceOf(EstimateMean(twos), EstimateMean(ones)).is_clear);
  EXPECT_FALSE(DifferenceOf(EstimateMean(ones), EstimateMean(ones)).is_clear);
}

}  // namespace
}  // namespace starling::sim
