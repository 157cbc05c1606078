#include "cli/sim_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/sim_progress.h"
#include "cli/text.h"
#include "tests/support/made_up_result.h"

namespace starling::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(SimSummary, HasFactsClassesAndPlots) {
  const std::vector<std::string> lines =
      RenderSimSummary(sim::MadeUpScenario(), sim::MadeUpResult(), 120);
  EXPECT_EQ(lines[0], "made-up, seed 7, trace hash 0x0000000000c0ffee");
  EXPECT_THAT(lines, Contains(MatchesRegex("  leechers done  +980 of 1,000  got every.*")));
  EXPECT_THAT(lines, Contains(MatchesRegex("  slow  +666 +653 +94.0 % +0.55 .*46 min 30 s")));
  EXPECT_THAT(lines, Contains("leechers that have everything, by time since joining"));
  EXPECT_THAT(lines, Contains("uplink in use, over time"));
}

TEST(SimSummary, FitsIntoATerminal) {
  for (const int width : {40, 80, 200}) {
    for (const std::string& line :
         RenderSimSummary(sim::MadeUpScenario(), sim::MadeUpResult(), width)) {
      EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(SimSummary, SaysThatItIsPartial) {
  sim::Result result = sim::MadeUpResult(10, 10);
  result.partial = true;
  EXPECT_THAT(RenderSimSummary(sim::MadeUpScenario(), result, 100)[0],
              HasSubstr("partial: stopped after 46 min 40 s"));
}

TEST(SimSummary, OfADhtShowsItsLookups) {
  sim::Scenario scenario;
  scenario.kind = sim::ScenarioKind::kDht;
  sim::Result result;
  result.tables = {sim::MadeUpLookups(100)};
  EXPECT_THAT(RenderSimSummary(scenario, result, 80),
              Contains("DHT lookups, by time since they began"));
}

TEST(SimProgress, TellsOfTheDoneWhereItIsKnownWhoIsExpected) {
  const sim::RunProgress at{seconds(725), hours(3), 1'200'000, 340, 1000};
  EXPECT_THAT(RenderSimProgress("crowd, seed 1", at, 12, 100, false),
              ElementsAre("crowd, seed 1  [==========>                    ]  340 of 1,000 done",
                          "  12 min 05 s simulated, of 3 h 00 min at most; 1,200,000 events, "
                          "100,000 events/s; running for 12…"));
}

TEST(SimProgress, ElseOfTheTime) {
  const sim::RunProgress at{seconds(50), seconds(100), 10, 0, 0};
  EXPECT_THAT(RenderSimProgress("x", at, 0, 90, false)[0], MatchesRegex("x  .=+>? +. *"));
}

}  // namespace
}  // namespace starling::cli
