#include "sim/quantity.h"

#include <gtest/gtest.h>

#include <vector>

namespace starling::sim {
namespace {

TEST(Quantity, ReadsSizesInPowersOfTenAndOfTwo) {
  EXPECT_EQ(ParseQuantity(Unit::kSize, "3GB"), 3e9);
  EXPECT_EQ(ParseQuantity(Unit::kSize, "256KiB"), 262'144);
  EXPECT_EQ(ParseQuantity(Unit::kSize, "17B"), 17);
  EXPECT_EQ(ParseQuantity(Unit::kSize, "1.5 MB"), 1.5e6);
}

TEST(Quantity, ReadsRatesInBytesAndBits) {
  EXPECT_EQ(ParseQuantity(Unit::kRate, "187.5KB/s"), 187'500);
  EXPECT_EQ(ParseQuantity(Unit::kRate, "10Gbit/s"), 1.25e9);
  EXPECT_EQ(ParseQuantity(Unit::kRate, "0"), 0);
}

TEST(Quantity, ReadsDurationsAndShares) {
  EXPECT_EQ(ParseQuantity(Unit::kDuration, "200ms"), 0.2);
  EXPECT_EQ(ParseQuantity(Unit::kDuration, "5min"), 300);
  EXPECT_EQ(ParseQuantity(Unit::kDuration, "3h"), 10'800);
  EXPECT_EQ(ParseQuantity(Unit::kShare, "0.5%"), 0.005);
  EXPECT_EQ(ParseQuantity(Unit::kShare, "0.005"), 0.005);
}

TEST(Quantity, RefusesWhatHasNoUnitTheWrongOneOrNoNumber) {
  for (const char* text : {"", "50", "KB/s", "50KB", "50/s", "-5KB/s", "1e3KB/s", "0.0001B/s",
                           "99999999999999999999TB/s", "5KB/s ", "nanKB/s"}) {
    EXPECT_EQ(ParseQuantity(Unit::kRate, text), std::nullopt) << text;
  }
  for (const char* text : {"1", "1KB/s", "1.0000001s", "min", "1m", "-1s", "1h30min"}) {
    EXPECT_EQ(ParseQuantity(Unit::kDuration, text), std::nullopt) << text;
  }
  for (const char* text : {"", "inf", "nan", "0x10", "1.5", "1 "}) {
    EXPECT_EQ(ParseQuantity(Unit::kCount, text), std::nullopt) << text;
  }
}

TEST(Quantity, WritesTheShortestExactText) {
  EXPECT_EQ(FormatQuantity(Unit::kRate, 187'500), "187.5KB/s");
  EXPECT_EQ(FormatQuantity(Unit::kSize, 262'144), "256KiB");
  EXPECT_EQ(FormatQuantity(Unit::kSize, 16'397), "16397B");
  EXPECT_EQ(FormatQuantity(Unit::kDuration, 10'800), "3h");
  EXPECT_EQ(FormatQuantity(Unit::kDuration, 90), "90s");
  EXPECT_EQ(FormatQuantity(Unit::kDuration, 0), "0s");
  EXPECT_EQ(FormatQuantity(Unit::kCount, 100'000), "100000");
  EXPECT_EQ(FormatQuantity(Unit::kShare, 0.005), "0.005");
}

TEST(Quantity, ReadsBackWhatItWrote) {
  const std::vector<double> values = {0,     1,       999,       1000,       1023,      1024,
                                      1.5e6, 123'457, 1'048'576, 65'537'000, 1.25e9,    3e12,
                                      4e15,  7,       86'400,    3'600,      12'345'678};
  for (const double value : values) {
    for (const Unit unit : {Unit::kCount, Unit::kSize, Unit::kRate, Unit::kNumber}) {
      EXPECT_EQ(ParseQuantity(unit, FormatQuantity(unit, value)), value)
          << FormatQuantity(unit, value);
    }
    const double in_seconds = value / 1e6;
    EXPECT_EQ(ParseQuantity(Unit::kDuration, FormatQuantity(Unit::kDuration, in_seconds)),
              in_seconds)
        << FormatQuantity(Unit::kDuration, in_seconds);
  }
}

TEST(Quantity, SaysWhatIsAllowed) {
  EXPECT_EQ(AllowedQuantity(Unit::kCount, {1, 100'000}), "a whole number from 1 to 100000");
  EXPECT_EQ(AllowedQuantity(Unit::kRate, {0, 1e12}),
            "a rate from 0B/s to 1TB/s, such as \"50KB/s\" or \"10Gbit/s\"");
}

}  // namespace
}  // namespace starling::sim
