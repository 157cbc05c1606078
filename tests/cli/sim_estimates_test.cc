#include "cli/sim_estimates.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

std::string Formatted(double mean, double half) {
  return FormatEstimate({5, mean, 1, mean - half, mean + half});
}

TEST(Estimates, AMeanHasAsManyDigitsAsItsIntervalAllows) {
  EXPECT_EQ(Formatted(116.1234, 0.9656), "116.12 ± 0.97");
  EXPECT_EQ(Formatted(2174.3, 12.4), "2174 ± 12");
  EXPECT_EQ(Formatted(21743, 1204), "21743 ± 1204");
  EXPECT_EQ(Formatted(0.93654, 0.0049), "0.9365 ± 0.0049");
  EXPECT_EQ(Formatted(1, 1e-9), "1.0000 ± 0.0000");
  EXPECT_EQ(Formatted(1, 0), "1 ± 0");
}

TEST(Estimates, ASingleRunHasNoInterval) {
  sim::Estimate one;
  EXPECT_EQ(FormatEstimate(one), "-");
  one.mean = 12.5;
  EXPECT_EQ(FormatEstimate(one), "12.50");
  Json json;
  AppendEstimate(one, &json);
  EXPECT_EQ(json.text(), R"({"n":0,"mean":12.5,"sd":null,"low":null,"high":null})");
}

}  // namespace
}  // namespace starling::cli
