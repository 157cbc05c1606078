#include "cli/quantities.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(Quantities, ReadSizesInPowersOf1000And1024) {
  EXPECT_EQ(ParseSize("0"), 0);
  EXPECT_EQ(ParseSize("1500"), 1500);
  EXPECT_EQ(ParseSize("256M"), 256'000'000);
  EXPECT_EQ(ParseSize("2K"), 2000);
  EXPECT_EQ(ParseSize("2k"), 2000);
  EXPECT_EQ(ParseSize("3G"), 3'000'000'000);
  EXPECT_EQ(ParseSize("64Ki"), 65'536);
  EXPECT_EQ(ParseSize("1Mi"), 1'048'576);
  EXPECT_EQ(ParseSize("2GiB"), 2'147'483'648);
  EXPECT_EQ(ParseSize("10B"), 10);
  EXPECT_EQ(ParseSize("1T"), 1'000'000'000'000);
}

TEST(Quantities, ReadFractionsExactly) {
  EXPECT_EQ(ParseSize("1.5G"), 1'500'000'000);
  EXPECT_EQ(ParseSize("0.1G"), 100'000'000);
  EXPECT_EQ(ParseSize(".5Ki"), 512);
  EXPECT_EQ(ParseSize("1.9"), 1);
}

TEST(Quantities, RefuseWhatIsNoSize) {
  for (const char* text : {"", "K", "-1", "1X", "1KK", "1Kii", "i", "1i", "1 K", "0x10", "1e3",
                           "1..5", "9223372036854775808", "99999999999G", "1.2.3"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(Quantities, ReadRatesAsSizes) {
  EXPECT_EQ(ParseRate("500K"), 500'000);
  EXPECT_EQ(ParseRate("500K/s"), 500'000);
  EXPECT_EQ(ParseRate("2MiB/s"), 2'097'152);
  EXPECT_EQ(ParseRate("/s"), std::nullopt);
}

TEST(Quantities, ReadDurations) {
  EXPECT_EQ(ParseDuration("90"), seconds(90));
  EXPECT_EQ(ParseDuration("30s"), seconds(30));
  EXPECT_EQ(ParseDuration("10m"), minutes(10));
  EXPECT_EQ(ParseDuration("2h"), hours(2));
  EXPECT_EQ(ParseDuration("1d"), hours(24));
  EXPECT_EQ(ParseDuration("1h30m"), minutes(90));
  EXPECT_EQ(ParseDuration("1.5s"), milliseconds(1500));
  EXPECT_EQ(ParseDuration("500ms"), milliseconds(500));
}

TEST(Quantities, RefuseWhatIsNoDuration) {
  for (const char* text : {"", "s", "-1s", "1x", "1h30", "1 h", "1hh", "999999999999d", "h1"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Quantities, ANumberIsARatioAndANumberWithAUnitIsATime) {
  const auto ratio = ParseSeedAfter("1.5");
  ASSERT_TRUE(ratio.has_value() && std::holds_alternative<SeedToRatio>(*ratio));
  EXPECT_DOUBLE_EQ(std::get<SeedToRatio>(*ratio).ratio, 1.5);
  const auto time = ParseSeedAfter("2h");
  ASSERT_TRUE(time.has_value() && std::holds_alternative<SeedForTime>(*time));
  EXPECT_EQ(std::get<SeedForTime>(*time).time, hours(2));
  EXPECT_FALSE(ParseSeedAfter("").has_value());
  EXPECT_FALSE(ParseSeedAfter("much").has_value());
}

TEST(Quantities, ReadCountsWithinTheirLimits) {
  EXPECT_EQ(ParseCount("50", 1, 100), 50);
  EXPECT_EQ(ParseCount("0", 1, 100), std::nullopt);
  EXPECT_EQ(ParseCount("101", 1, 100), std::nullopt);
  EXPECT_EQ(ParseCount("+5", 1, 100), std::nullopt);
  EXPECT_EQ(ParseCount(" 5", 1, 100), std::nullopt);
  EXPECT_EQ(ParseCount("", 0, 100), std::nullopt);
}

TEST(Quantities, ShowSizesWithThreeDigits) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(999), "999 B");
  EXPECT_EQ(FormatSize(1000), "1.00 KB");
  EXPECT_EQ(FormatSize(45'600'000), "45.6 MB");
  EXPECT_EQ(FormatSize(256'000'000), "256 MB");
  EXPECT_EQ(FormatSize(999'700'000), "1.00 GB");
  EXPECT_EQ(FormatSize(999'400), "999 KB");
  EXPECT_EQ(FormatRate(64'000'000), "64.0 MB/s");
}

TEST(Quantities, ShowPieceLengthsAsPowersOfTwo) {
  EXPECT_EQ(FormatPieceLength(16'384), "16 KiB");
  EXPECT_EQ(FormatPieceLength(4 << 20), "4 MiB");
  EXPECT_EQ(FormatPieceLength(1000), "1000 bytes");
}

TEST(Quantities, ShowDurationsAsPeopleSayThem) {
  EXPECT_EQ(FormatDuration(Duration(0)), "0.0 ms");
  EXPECT_EQ(FormatDuration(microseconds(4'210)), "4.2 ms");
  EXPECT_EQ(FormatDuration(milliseconds(312)), "312 ms");
  EXPECT_EQ(FormatDuration(microseconds(999'600)), "1.00 s");
  EXPECT_EQ(FormatDuration(milliseconds(12'340)), "12.3 s");
  EXPECT_EQ(FormatDuration(seconds(245)), "4m 05s");
  EXPECT_EQ(FormatDuration(minutes(130)), "2h 10m");
  EXPECT_EQ(FormatDuration(hours(76)), "3d 4h");
  EXPECT_EQ(FormatDuration(milliseconds(59'960)), "1m 00s");
  EXPECT_EQ(FormatDuration(-seconds(1)), "0.0 ms");
}

}  // namespace
}  // namespace starling::cli
