#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<Option>& Options() {
  static const std::vector<Option> options = {
      {"--dir", 'd', Takes::kValue, "DIR", false, ""},
      {"--peer", 0, Takes::kValue, "HOST:PORT", true, ""},
      {"--seed-after", 0, Takes::kOptionalValue, "TIME", false, ""},
      {"--json", 'j', Takes::kNothing, "", false, ""},
      {"--quiet", 'q', Takes::kNothing, "", false, ""},
  };
  return options;
}

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  return ParseArguments("get", Options(), words);
}

std::string ErrorOf(const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = Parse(words);
  EXPECT_TRUE(IsUsageError(arguments.status()));
  return std::string(arguments.status().message());
}

TEST(Arguments, TakeAValueInEachSpelling) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--dir", "x"}, {"--dir=x"}, {"-d", "x"}, {"-dx"}}) {
    const auto arguments = Parse(words);
    ASSERT_TRUE(arguments.ok()) << arguments.status();
    EXPECT_EQ(arguments->Value("--dir"), "x");
    EXPECT_THAT(arguments->positionals(), IsEmpty());
  }
}

TEST(Arguments, KeepRepeatedValuesInOrder) {
  const auto arguments = Parse({"--peer", "a:1", "source", "--peer=b:2"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->Values("--peer"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(arguments->positionals(), ElementsAre("source"));
}

TEST(Arguments, TakeAnOptionalValueOnlyAfterAnEqualsSign) {
  const auto without = Parse({"--seed-after", "2"});
  ASSERT_TRUE(without.ok());
  EXPECT_TRUE(without->Has("--seed-after"));
  EXPECT_EQ(without->Value("--seed-after"), std::nullopt);
  EXPECT_THAT(without->positionals(), ElementsAre("2"));
  const auto with = Parse({"--seed-after=2"});
  ASSERT_TRUE(with.ok());
  EXPECT_EQ(with->Value("--seed-after"), "2");
}

TEST(Arguments, AcceptAnEmptyValue) {
  const auto arguments = Parse({"--dir="});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->Value("--dir"), "");
}

TEST(Arguments, TakeAValueThatBeginsWithADash) {
  const auto arguments = Parse({"--dir", "--json"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->Value("--dir"), "--json");
  EXPECT_FALSE(arguments->Has("--json"));
}

TEST(Arguments, LetLettersStandTogether) {
  const auto arguments = Parse({"-jqdx"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_TRUE(arguments->Has("--json"));
  EXPECT_TRUE(arguments->Has("--quiet"));
  EXPECT_EQ(arguments->Value("--dir"), "x");
}

TEST(Arguments, EndOptionsAtTwoDashes) {
  const auto arguments = Parse({"-q", "--", "--json", "-d", "--"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->Has("--json"));
  EXPECT_THAT(arguments->positionals(), ElementsAre("--json", "-d", "--"));
}

TEST(Arguments, ASingleDashIsNoOption) {
  const auto arguments = Parse({"-"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->positionals(), ElementsAre("-"));
}

TEST(Arguments, NameWhatIsWrongAndWhereHelpIs) {
  EXPECT_EQ(ErrorOf({"--x"}), "unknown option --x for get; see starling get --help");
  EXPECT_EQ(ErrorOf({"--x=1"}), "unknown option --x for get; see starling get --help");
  EXPECT_EQ(ErrorOf({"-x"}), "unknown option -x for get; see starling get --help");
  EXPECT_EQ(ErrorOf({"--dir"}), "option --dir needs a value DIR; see starling get --help");
  EXPECT_EQ(ErrorOf({"-d"}), "option -d needs a value DIR; see starling get --help");
  EXPECT_EQ(ErrorOf({"--json=1"}), "option --json takes no value; see starling get --help");
  EXPECT_EQ(ErrorOf({"--dir", "a", "--dir", "b"}),
            "option --dir is given twice; see starling get --help");
}

TEST(Arguments, AFlagMayBeGivenTwice) { EXPECT_TRUE(Parse({"--json", "--json"}).ok()); }

TEST(Arguments, OnlyUsageErrorsAreUsageErrors) {
  EXPECT_TRUE(IsUsageError(UsageError("x")));
  EXPECT_FALSE(IsUsageError(absl::InvalidArgumentError("x")));
  EXPECT_FALSE(IsUsageError(absl::OkStatus()));
}

}  // namespace
}  // namespace starling::cli
