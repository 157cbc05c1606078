#include "sim/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/report_facts.h"
#include "tests/support/made_up_result.h"

namespace starling::sim {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> NamesOf(const std::vector<Plot>& plots) {
  std::vector<std::string> names;
  for (const Plot& plot : plots) names.push_back(plot.name);
  return names;
}

std::string PageOf(const Scenario& scenario, const Result& result, absl::string_view library) {
  const Provenance provenance{"0.1.0", "abc", "GNU 12.2.0", "starling sim run made-up --seed 7"};
  return ReportPage({scenario, result, provenance, "count = 3 # <three>", library},
                    PlotsOf(scenario, result));
}

TEST(PlotsOf, ASwarmHasThoseForWhichThereIsData) {
  EXPECT_THAT(NamesOf(PlotsOf(MadeUpScenario(), MadeUpResult())),
              ElementsAre("completion", "fairness", "utilisation", "upload", "download", "members",
                          "availability", "scarce-pieces", "unchokes", "share-ratio"));
  Result bare;
  bare.tables = {MadeUpPieces(100)};
  EXPECT_THAT(NamesOf(PlotsOf(MadeUpScenario(), bare)),
              ElementsAre("availability", "scarce-pieces"));
}

TEST(PlotsOf, ADhtHasItsLookups) {
  Result result;
  result.tables = {MadeUpLookups(50)};
  EXPECT_THAT(NamesOf(PlotsOf(MadeUpScenario(), result)),
              ElementsAre("lookup-time", "hops", "queries"));
}

TEST(PlotsOf, OneClassOfLeechersNeedsNoMatrix) {
  Scenario scenario = MadeUpScenario();
  scenario.populations.pop_back();
  EXPECT_THAT(NamesOf(PlotsOf(scenario, MadeUpResult())), Not(Contains("unchokes")));
}

TEST(PlotsOf, NothingIsLeftToFillInWhateverPopulationsAreCalled) {
  Scenario scenario = MadeUpScenario();
  scenario.populations[1].name = "a \"b\" \\ c";
  for (const Plot& plot : PlotsOf(scenario, MadeUpResult())) {
    EXPECT_THAT(plot.spec, Not(HasSubstr("@"))) << plot.name;
    EXPECT_THAT(plot.spec, HasSubstr("https://vega.github.io/schema/vega-lite/v6.json"));
  }
  const std::string spec = PlotsOf(scenario, MadeUpResult())[0].spec;
  EXPECT_THAT(spec, HasSubstr(R"(["a \"b\" \\ c","fast"])")) << "as JSON";
  EXPECT_THAT(spec, HasSubstr(R"(indexof([\"a \\\"b\\\" \\\\ c\",\"fast\"])"))
      << "in an expression";
}

TEST(PlotsOf, AxesOfTimeHaveAUnitThatFits) {
  EXPECT_THAT(PlotsOf(MadeUpScenario(), MadeUpResult())[0].spec, HasSubstr("(minutes)"));
  Result quick = MadeUpResult();
  quick.metrics["all.completion_s.max"] = 12;
  quick.metrics["t_min_s"] = 10;
  EXPECT_THAT(PlotsOf(MadeUpScenario(), quick)[0].spec, HasSubstr("(seconds)"));
}

TEST(Report, ShowsFactsClassesAndPlots) {
  const std::string page = PageOf(MadeUpScenario(), MadeUpResult(), "library();");
  EXPECT_THAT(page, HasSubstr("<title>Two classes &amp; one seed</title>"));
  EXPECT_THAT(page, HasSubstr("<div class=\"value\">980 of 1,000</div>"));
  EXPECT_THAT(page, HasSubstr("<td>all leechers</td><td>1,000</td><td>980</td>"));
  EXPECT_THAT(page, HasSubstr("<div class=\"plot\" id=\"plot-completion\"></div>"));
  EXPECT_THAT(page, HasSubstr("starling sim run made-up --seed 7"));
  EXPECT_THAT(page, HasSubstr("0x0000000000c0ffee"));
  EXPECT_THAT(page, HasSubstr("count = 3 # &lt;three&gt;"));
  EXPECT_THAT(page, HasSubstr("library();"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, Not(HasSubstr("http://"))) << "nothing is loaded from elsewhere";
}

TEST(Report, NoTextOfAScenarioBecomesMarkup) {
  Scenario scenario = MadeUpScenario();
  scenario.title = "<script>alert(1)</script>";
  scenario.about = "</main><img src=x>";
  scenario.populations[1].name = "</script><script>alert(2)//";
  Result result = MadeUpResult(20, 20);
  result.broken = {"<i>broken</i>"};
  for (std::vector<Cell>& row : result.tables[0].rows) {
    row[1] = scenario.populations[1].name;
  }
  const std::string page = PageOf(scenario, result, "");
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
}

TEST(Report, SaysWhatWentWrong) {
  Result result = MadeUpResult(20, 20);
  EXPECT_THAT(PageOf(MadeUpScenario(), result, ""), Not(HasSubstr("class=\"warning\"")));
  result.partial = true;
  result.broken = {"C1: too early"};
  const std::string page = PageOf(MadeUpScenario(), result, "");
  EXPECT_THAT(page, HasSubstr("This result is partial."));
  EXPECT_THAT(page, HasSubstr("C1: too early"));
  EXPECT_THAT(page, HasSubstr("built without the plot library"));
}

TEST(Report, ALargeResultMakesAPageThatABrowserOpens) {
  const std::string page = PageOf(MadeUpScenario(), MadeUpResult(50'000, 20'000), "");
  EXPECT_LT(page.size(), 2u << 20);
  EXPECT_THAT(page, HasSubstr("3,000 of 50,001 rows of nodes.csv"));
}

TEST(Facts, OfASwarmBeginWithWhoWasDone) {
  const std::vector<Fact> facts = FactsOf(MadeUpScenario(), MadeUpResult());
  ASSERT_GE(facts.size(), 5u);
  EXPECT_EQ(facts[0].value, "980 of 1,000");
  const auto bound = std::find_if(facts.begin(), facts.end(), [](const Fact& fact) {
    return fact.name == "over the lower bound";
  });
  ASSERT_NE(bound, facts.end());
  EXPECT_EQ(bound->value, "1.36 x");
}

TEST(Facts, OfASwarmThatWasCutOffSpeakOnlyOfThoseWhoWereDone) {
  Result result = MadeUpResult();
  result.partial = true;
  for (const Fact& fact : FactsOf(MadeUpScenario(), result)) {
    EXPECT_NE(fact.name, "half of them done after");
    EXPECT_NE(fact.name, "nine in ten after");
    EXPECT_NE(fact.name, "over the lower bound");
  }
}

TEST(Facts, OfADhtTellOfLookups) {
  Scenario scenario;
  scenario.kind = ScenarioKind::kDht;
  Result result;
  result.metrics = {{"hops.mean", 2.55}, {"first_ms.p50", 289}};
  const std::vector<Fact> facts = FactsOf(scenario, result);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].value, "2.55");
  EXPECT_EQ(facts[1].value, "289 ms");
  EXPECT_TRUE(ClassesOf(scenario, result).rows.empty());
}

TEST(Formats, AreForPeople) {
  EXPECT_EQ(FormatSeconds(0.2894), "289 ms");
  EXPECT_EQ(FormatSeconds(9.994), "9.99 s");
  EXPECT_EQ(FormatSeconds(64.21), "64.2 s");
  EXPECT_EQ(FormatSeconds(2180), "36 min 20 s");
  EXPECT_EQ(FormatSeconds(7500), "2 h 05 min");
  EXPECT_EQ(FormatSeconds(kNoValue), "-");
  EXPECT_EQ(FormatShare(0.971), "97.1 %");
  EXPECT_EQ(FormatShare(0.0004), "0.04 %");
  EXPECT_EQ(FormatRounded(3.70), "3.70");
  EXPECT_EQ(FormatRounded(1234567), "1,234,567");
  EXPECT_EQ(FormatRounded(0.01234), "0.0123");
  EXPECT_EQ(FormatCount(-1000), "-1,000");
  EXPECT_EQ(FormatBytes(45.6e6), "45.6 MB");
}

}  // namespace
}  // namespace starling::sim
