#include "sim/scenario_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/built_in_scenarios.h"
#include "sim/closest_name.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kSmall[] = R"(title = "Two and a seed"
[content.file]
size = "1MiB"
piece = "16KiB"
[population.seeds]
count = 1
seeds = true
up = "50KB/s"
[population.leechers]
count = 2
down = "1Mbit/s"
stay = "leave"
join = {over = "10s"}
choker = {name = "bittyrant", cap = "1MB/s", selfish = true}
[params]
leechers = {path = "population.leechers.count", about = "leechers", min = 1, max = 50}
up = {path = ["population.seeds.up", "population.leechers.up"], about = "uplinks", min = "1KB/s", max = "1GB/s"}
choker = {path = "population.leechers.choker", about = "of leechers"}
)";

absl::StatusOr<Scenario> Read(absl::string_view text, std::vector<Setting> settings = {}) {
  return ReadScenario(text, "folder/two.toml", settings);
}

std::string ErrorOf(absl::string_view text, std::vector<Setting> settings = {}) {
  const absl::StatusOr<Scenario> read = Read(text, std::move(settings));
  return read.ok() ? "no error" : std::string(read.status().message());
}

TEST(ScenarioFile, FillsWhatIsSaidAndKeepsDefaultsElsewhere) {
  const absl::StatusOr<Scenario> read = Read(kSmall);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, "two");
  ASSERT_EQ(read->contents.size(), 1u);
  EXPECT_EQ(read->contents[0].name, "file");
  EXPECT_EQ(read->contents[0].size, 1u << 20);
  ASSERT_EQ(read->populations.size(), 2u);
  const PopulationSpec& leechers = read->populations[1];
  EXPECT_EQ(leechers.down, 125'000u);
  EXPECT_EQ(leechers.stay.kind, StayKind::kLeave);
  EXPECT_EQ(leechers.join.over, seconds(10));
  EXPECT_EQ(leechers.choker, (StrategySpec{"bittyrant", {{"cap", 1e6}, {"selfish", 1}}}));
  EXPECT_EQ(leechers.connections, PopulationSpec().connections);
  EXPECT_EQ(read->until, Scenario().until);
}

TEST(ScenarioFile, KeepsPopulationsInTheOrderOfTheFile) {
  const absl::StatusOr<Scenario> read = Read(kSmall);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->populations[0].name, "seeds");
  EXPECT_EQ(read->populations[1].name, "leechers");
}

TEST(ScenarioFile, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(ErrorOf("title = 5\n"), StartsWith("folder/two.toml:1: title: must be text"));
  EXPECT_THAT(ErrorOf("\n\nuntil = \"5 parsecs\"\n"),
              StartsWith("folder/two.toml:3: until: must be a duration from 0s to "));
  EXPECT_THAT(ErrorOf("a = = 3"), StartsWith("folder/two.toml:1: "));
}

TEST(ScenarioFile, RefusesUnknownKeysWithWhatWasMeant) {
  const std::string error = ErrorOf("[network]\nlatenzy = \"lan\"\n");
  EXPECT_THAT(error, StartsWith("folder/two.toml:2: unknown key \"latenzy\" in network"));
  EXPECT_THAT(error, HasSubstr("did you mean \"latency\"?"));
  EXPECT_THAT(error, HasSubstr("allowed: latency, loss, quantum"));
}

struct BadLine {
  const char* text;
  const char* part;
};

TEST(ScenarioFile, RefusesWrongTypesAndImpossibleValues) {
  const std::vector<BadLine> cases = {
      {"[population.a]\ncount = -5", "a whole number from 0 to 10000000, not -5"},
      {"[population.a]\ncount = 1.5", "a whole number"},
      {"[population.a]\ncount = \"7\"", "a whole number"},
      {"[population.a]\ncount = 0", "population.a.count: must be at least 1"},
      {"[population.a]\ncount = 1\nup = 50", "a rate from"},
      {"[population.a]\ncount = 1\nup = \"50\"", "a rate from"},
      {"[population.a]\ncount = 1\nup = \"-50KB/s\"", "a rate from"},
      {"[population.a]\ncount = 1\nup_limit_share = 1.5", "a share from 0 to 1"},
      {"[population.a]\ncount = 1\nhas = 0.5\nhas_max = 0.4", "must be above has, or 0"},
      {"[population.a]\ncount = 1\nseeds = true\nhas = 0.5", "seeds have everything"},
      {"[population.a]\ncount = 1\nup_limit_share = 0.5", "is a share of up, which has no limit"},
      {"[population.a]\ncount = 1\nstay = \"go\"", "one of \"stay\", \"leave\""},
      {"[population.a]\ncount = 1\nstay = \"seed\"", "needs seeding"},
      {"[population.a]\ncount = 1\njoin = {kind = \"poisson\"}", "needs rate"},
      {"[population.a]\ncount = 1\njoin = {rate = 0.1}", "only for kind = \"poisson\""},
      {"[population.a]\njoin = {kind = \"poisson\", rate = 1, over = \"1s\"}", "only for kind"},
      {"[population.a]\ncount = 1\nstay = {seeding = \"1s\"}", "only for kind = \"seed\""},
      {"[population.a]\ncount = 1\nstay = {churn = \"kad\"}", "only for kind = \"session\""},
      {"[population.a]\ncount = 1\ngroup = \"rack\"", "there is no group \"rack\""},
      {"[population.a]\ncount = 1\ncapacity = [[0.5, \"5KB/s\"]]", "the last share must be 1"},
      {"[population.a]\ncount = 1\ncapacity = [[1, 5]]", "a list of pairs"},
      {"[population.a]\ncount = 1\nchoker = 5", "a name, or {name"},
      {"[population.all]\ncount = 1", "take another name"},
      {"[population.\"a b\"]\ncount = 1", "letters, digits, - and _"},
      {"[content.file]\npiece = \"100KB\"", "a power of two"},
      {"[content.file]\npiece = 0", "a size from 16KiB to 64MiB"},
      {"[content.file]\nsize = 0", "a size from 1B"},
      {"[content.file]\nsize = \"1PB\"", "a size from 1B"},
      {"[network]\nloss = 1.01", "a share from 0 to 1"},
      {"[network]\nloss = nan", "a share from 0 to 1"},
      {"[[fault]]\nkind = \"fire\"", "one of \"partition\""},
      {"[fault]\nkind = \"loss\"", "headed [[fault]]"},
      {"[[fault]]\nkind = \"loss\"\npopulation = \"b\"", "strikes everybody"},
      {"[[fault]]\nkind = \"crash\"\nrate = \"1MB/s\"", "only for kind = \"slow-disk\""},
      {"sample = 0", "sample: must be above 0"},
      {"kind = \"cluster\"", "one of \"swarm\", \"dht\""},
      {"name = \"../up\"", "letters, digits"},
      {"group = 3", "tables: [group.NAME]"},
      {"until = 1979-05-27", "not a date or time"},
  };
  for (const BadLine& bad : cases) {
    // Something else is missing from each as well, but what is wrong is said first.
    const std::string rest = "\n[content.c]\n[population.b]\ncount = 1\n";
    EXPECT_THAT(ErrorOf(absl::StrCat(bad.text, rest)), HasSubstr(bad.part)) << bad.text;
  }
}

TEST(ScenarioFile, TakesSettingsByShortNameAndByPath) {
  const absl::StatusOr<Scenario> read =
      Read(kSmall, {{"leechers", "40"},
                    {"up", "10Mbit/s"},
                    {"network.loss", "1%"},
                    {"population.leechers.stay", "rejoin"},
                    {"population.leechers.stay.silent_share", "0.25"},
                    {"choker.cap", "2MB/s"},
                    {"until_done", "no"}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->populations[1].count, 40u);
  EXPECT_EQ(read->populations[0].up, 1'250'000u);
  EXPECT_EQ(read->populations[1].up, 1'250'000u);
  EXPECT_EQ(read->network.datagram_loss, 0.01);
  EXPECT_EQ(read->populations[1].stay.kind, StayKind::kRejoin);
  EXPECT_EQ(read->populations[1].stay.silent_share, 0.25);
  EXPECT_EQ(read->populations[1].choker.name, "bittyrant");
  EXPECT_EQ(read->populations[1].choker.values.at("cap"), 2e6);
  EXPECT_FALSE(read->until_done);
}

TEST(ScenarioFile, ASettingReplacesAStrategyWithItsParameters) {
  const absl::StatusOr<Scenario> read = Read(kSmall, {{"choker", "tit-for-tat:slots=4"}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->populations[1].choker, (StrategySpec{"tit-for-tat", {{"slots", 4}}}));
}

TEST(ScenarioFile, RefusesSettingsThatCannotBe) {
  EXPECT_EQ(ErrorOf(kSmall, {{"leechers", "0"}}),
            "--set leechers=0: must be a whole number from 1 to 50");
  EXPECT_THAT(ErrorOf(kSmall, {{"up", "50"}}),
              StartsWith("--set up=50: must be a rate from 1KB/s to 1GB/s, such as"));
  EXPECT_THAT(ErrorOf(kSmall, {{"leecher", "5"}}), HasSubstr("did you mean \"leechers\"?"));
  EXPECT_THAT(ErrorOf(kSmall, {{"population.leecherz.count", "5"}}),
              HasSubstr("there is no population \"leecherz\"; did you mean \"leechers\"?"));
  EXPECT_THAT(ErrorOf(kSmall, {{"population.leechers.cuont", "5"}}),
              StartsWith("--set population.leechers.cuont=5: unknown key \"cuont\""));
  EXPECT_THAT(ErrorOf(kSmall, {{"fault.1.share", "1"}}), HasSubstr("--set fault.1.share=1: "));
  EXPECT_THAT(ErrorOf(kSmall, {{"content.file.size.x", "1"}}),
              HasSubstr("content.file.size: must be a size"));
  EXPECT_THAT(ErrorOf(kSmall, {{"population.leechers", "5"}}), HasSubstr("must be a table"));
}

TEST(ScenarioFile, RefusesStrategiesThatDoNotExist) {
  const Strategies strategies;
  const auto error = [&](std::vector<Setting> settings) {
    return std::string(ReadScenario(kSmall, "two.toml", settings, &strategies).status().message());
  };
  EXPECT_EQ(error({}), "");
  EXPECT_THAT(error({{"choker", "bitsaint"}}),
              StartsWith("--set choker=bitsaint: there is no choker bitsaint; there are "));
  EXPECT_THAT(error({{"choker.cap", "-1"}}), StartsWith("--set choker.cap=-1: bittyrant: cap"));
  EXPECT_THAT(error({{"choker.greed", "1"}}), HasSubstr("bittyrant has no parameter greed"));
  EXPECT_THAT(error({{"population.seeds.behaviour", "saint"}}), HasSubstr("saint"));
  std::string text = kSmall;
  text.replace(text.find("bittyrant"), 9, "bitsaint!");
  EXPECT_THAT(std::string(ReadScenario(text, "two.toml", {}, &strategies).status().message()),
              StartsWith("two.toml:14: population.leechers.choker"));
}

TEST(ScenarioFile, ReadsChecks) {
  const absl::StatusOr<Scenario> read = Read(absl::StrCat(kSmall, R"(
[[check.small.run]]
name = "ten"
set = {leechers = 10, up = "20KB/s", population.leechers.connections = 5}
seeds = 3
[[check.small.cell]]
name = "everybody"
run = "ten"
metric = "done_share"
min = 1
hard = true
)"));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->checks.size(), 1u);
  EXPECT_EQ(read->checks[0].size, "small");
  ASSERT_EQ(read->checks[0].runs.size(), 1u);
  EXPECT_EQ(read->checks[0].runs[0].settings,
            (std::vector<Setting>{
                {"leechers", "10"}, {"up", "20KB/s"}, {"population.leechers.connections", "5"}}));
  ASSERT_EQ(read->checks[0].cells.size(), 1u);
  EXPECT_EQ(read->checks[0].cells[0].min, 1.0);
  EXPECT_FALSE(read->checks[0].cells[0].max.has_value());
}

TEST(ScenarioFile, RefusesChecksThatCannotBeMade) {
  const std::string run = absl::StrCat(kSmall, "[[check.small.run]]\nname = \"ten\"\n");
  EXPECT_THAT(ErrorOf(run + "set = {leechers = 500}\n"),
              StartsWith("folder/two.toml:19: check.small.run.1: --set leechers=500: must be"));
  EXPECT_THAT(ErrorOf(run + "[[check.small.cell]]\nname = \"x\"\nrun = \"tan\"\nmetric = \"m\"\n"),
              StartsWith("folder/two.toml:23: check.small.cell.1.run: there is no run \"tan\"; did "
                         "you mean \"ten\"?"));
  EXPECT_THAT(ErrorOf(absl::StrCat(kSmall, "[check.tiny]\n")), HasSubstr("no size \"tiny\""));
}

TEST(ScenarioFile, RefusesHostileText) {
  EXPECT_THAT(ErrorOf(std::string((1 << 20) + 1, '#')), HasSubstr("larger than"));
  EXPECT_THAT(ErrorOf(std::string(5000, '[')), StartsWith("folder/two.toml:1: "));
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_THAT(ErrorOf(deep + " = 1"), HasSubstr("dots in one line"));
  EXPECT_THAT(ErrorOf("[" + deep + "]"), HasSubstr("dots in one line"));
  EXPECT_THAT(ErrorOf("x = " + std::string(5000, '{')), StartsWith("folder/two.toml:1: "));
  EXPECT_THAT(ErrorOf("title = \"\xff\xfe\""), StartsWith("folder/two.toml:1: "));
  EXPECT_THAT(ErrorOf("[[["), StartsWith("folder/two.toml:1: "));
  EXPECT_THAT(ErrorOf("# caf\xc3\xa9\ntitle = \"\"\"\n\xc3\xa9\"\"\"\"\n\xc3\xa9 = 1"),
              StartsWith("folder/two.toml:3: only comments"));
  EXPECT_THAT(ErrorOf("title = '\xc3\xa9\\' # \xc3\xa9\nx\xc3\xa9 = 1"),
              StartsWith("folder/two.toml:1: only comments"));
  std::string many;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, "[population.p", i, "]\ncount = 1\n");
  EXPECT_THAT(ErrorOf(many), HasSubstr("at most 200"));
  const std::string long_key(100'000, 'k');
  EXPECT_LT(ErrorOf(long_key + " = 1").size(), 1000u);
}

TEST(ScenarioFile, EveryPrefixOfAFileIsReadOrRefused) {
  const std::string text(*BuiltInScenarioText("flash-crowd"));
  for (size_t size = 0; size < text.size(); size += 7) {
    const absl::StatusOr<Scenario> read = Read(text.substr(0, size));
    if (read.ok()) continue;
    EXPECT_THAT(std::string(read.status().message()), StartsWith("folder/two.toml:"));
  }
}

TEST(ScenarioFile, WritesWhatReadsBackEqual) {
  const absl::StatusOr<Scenario> read = Read(kSmall);
  ASSERT_TRUE(read.ok());
  const std::string written = WriteScenario(*read);
  const absl::StatusOr<Scenario> again = ReadScenario(written, "other.toml", {});
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << written;
  EXPECT_EQ(*again, *read) << written;
}

TEST(ScenarioFile, WritesTextOfAnyKind) {
  absl::StatusOr<Scenario> scenario = Read(kSmall);
  ASSERT_TRUE(scenario.ok());
  for (const char* text : {"", "one \"quoted\" \\ line", "\nfirst line empty", "two\nlines\n",
                           "\"\"\"", "tab\tand \x01 bell\r\n\nend \"", "caf\xc3\xa9"}) {
    scenario->about = text;
    const std::string written = WriteScenario(*scenario);
    const absl::StatusOr<Scenario> again = ReadScenario(written, "other.toml", {});
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << written;
    EXPECT_EQ(again->about, text);
  }
}

TEST(ScenarioFile, WithSettingsIsTheSameAsReadingWithThem) {
  const absl::StatusOr<Scenario> read = Read(kSmall);
  ASSERT_TRUE(read.ok());
  const std::vector<Setting> settings = {{"leechers", "7"}, {"network.latency", "lan"}};
  const absl::StatusOr<Scenario> with = WithSettings(*read, settings);
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(*with, *Read(kSmall, settings));
}

TEST(ClosestName, FindsWhatWasMeantAndNothingElse) {
  const std::vector<std::string> names = {"leechers", "seeds", "up"};
  EXPECT_EQ(ClosestName("leecher", names), "leechers");
  EXPECT_EQ(ClosestName("sedes", names), "");
  EXPECT_EQ(ClosestName("seed", names), "seeds");
  EXPECT_EQ(ClosestName("banana", names), "");
}

}  // namespace
}  // namespace starling::sim
