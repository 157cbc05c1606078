#include "base/strategy.h"

#include <gtest/gtest.h>

#include <string>

#include "base/strategy_registry.h"

namespace starling {
namespace {

StrategyInfo Example() {
  return {"example",
          "an example",
          {{"count", ParameterKind::kInteger, 4, 0, 100, "how many"},
           {"rate", ParameterKind::kRate, 1000, 0, 1e9, "how fast"},
           {"share", ParameterKind::kNumber, 0.5, 0, 1, "how much"},
           {"wait", ParameterKind::kDuration, 30, 0, 3600, "how long"},
           {"bold", ParameterKind::kFlag, 0, 0, 1, "whether"}}};
}

double Value(absl::string_view text) {
  const absl::StatusOr<StrategySpec> spec = ParseStrategy(std::string("x:v=") + std::string(text));
  EXPECT_TRUE(spec.ok()) << text << ": " << spec.status();
  return spec.ok() ? spec->values.at("v") : -1;
}

TEST(Strategy, IsANameAndPerhapsParameters) {
  EXPECT_EQ(*ParseStrategy("never"), (StrategySpec{"never", {}}));
  EXPECT_EQ(*ParseStrategy("bittyrant:cap=1M,patience=3,selfish=yes"),
            (StrategySpec{"bittyrant", {{"cap", 1e6}, {"patience", 3}, {"selfish", 1}}}));
}

TEST(Strategy, ReadsValuesWithTheirUnits) {
  EXPECT_EQ(Value("0.25"), 0.25);
  EXPECT_EQ(Value("500K"), 500'000);
  EXPECT_EQ(Value("500KB/s"), 500'000);
  EXPECT_EQ(Value("2Mi"), 2 << 20);
  EXPECT_EQ(Value("2MiB"), 2 << 20);
  EXPECT_EQ(Value("10Mbit/s"), 1'250'000);
  EXPECT_EQ(Value("200ms"), 0.2);
  EXPECT_EQ(Value("3min"), 180);
  EXPECT_EQ(Value("3m"), 180);
  EXPECT_EQ(Value("2h"), 7200);
  EXPECT_EQ(Value("20%"), 0.2);
  EXPECT_EQ(Value("off"), 0);
}

TEST(Strategy, RefusesWhatIsNotWritable) {
  for (const char* text :
       {"", ":", "a b", "x:", "x:v", "x:v=", "x:=1", "x:v=1,", "x:v=1,,w=2", "x:v=1,v=2", "x:v=-1",
        "x:v=nan", "x:v=inf", "x:v=1.2.3", "x:v=5parsec", "x:v=1e5", "x\x01:v=1"}) {
    EXPECT_FALSE(ParseStrategy(text).ok()) << text;
  }
  EXPECT_FALSE(ParseStrategy(std::string(2000, 'x')).ok());
}

TEST(Strategy, FillsInWhatWasNotSaid) {
  const StrategyValues values = *ResolveStrategy(Example(), {"example", {{"count", 7}}});
  EXPECT_EQ(values.size(), 5u);
  EXPECT_EQ(values.at("count"), 7);
  EXPECT_EQ(values.at("rate"), 1000);
  EXPECT_EQ(values.at("share"), 0.5);
}

TEST(Strategy, SaysWhatIsAllowed) {
  const auto message = [](const char* name, double value) {
    return std::string(ResolveStrategy(Example(), {"example", {{name, value}}}).status().message());
  };
  EXPECT_EQ(message("colour", 1),
            "example has no parameter colour; it has count, rate, share, wait, bold");
  EXPECT_EQ(message("count", 1.5), "example: count = 1.5: must be a whole number from 0 to 100");
  EXPECT_EQ(message("count", 101), "example: count = 101: must be a whole number from 0 to 100");
  EXPECT_EQ(message("rate", 2e9),
            "example: rate = 2e+09: must be a number from 0 to 1e+09 bytes a second");
  EXPECT_EQ(message("bold", 2), "example: bold = 2: must be yes or no");
}

TEST(StrategyRegistry, MakesByNameAndSaysWhichNamesThereAre) {
  using Factory = std::function<double()>;
  StrategyRegistry<Factory> registry("thing");
  registry.Add({Example(), [](const StrategyValues& values) -> Factory {
                  return [rate = values.at("rate")] { return rate; };
                }});
  EXPECT_EQ((*registry.Make({"example", {{"rate", 7}}}))(), 7);
  EXPECT_EQ(registry.Make({"other", {}}).status().message(),
            "there is no thing other; there are example");
  EXPECT_TRUE(absl::IsInvalidArgument(registry.Make({"example", {{"rate", -1}}}).status()));
}

TEST(StrategyRegistry, LetsALaterOneOfTheSameNameReplaceTheFirst) {
  using Factory = std::function<int()>;
  StrategyRegistry<Factory> registry("thing");
  for (const int number : {1, 2}) {
    registry.Add({{"same", "", {}}, [number](const StrategyValues&) -> Factory {
                    return [number] { return number; };
                  }});
  }
  EXPECT_EQ(registry.kinds().size(), 1u);
  EXPECT_EQ((*registry.Make({"same", {}}))(), 2);
}

}  // namespace
}  // namespace starling
