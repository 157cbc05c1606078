#include "cli/demo_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "cli/text.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

DemoResult SomeResult() {
  DemoResult result;
  result.seeder_given = 300'000'000;
  result.last_complete = milliseconds(6'200);
  for (int i = 0; i < 4; ++i) {
    DemoLeecher leecher;
    leecher.first_peer = milliseconds(40);
    leecher.metadata = milliseconds(60);
    leecher.complete = milliseconds(6'000);
    leecher.given = 181'000'000;
    leecher.is_verified = true;
    result.leechers.push_back(leecher);
  }
  return result;
}

TEST(DemoReport, AClassicServerTakesNTimesFOverItsRate) {
  DemoPlan plan;
  plan.size = 256'000'000;
  plan.leechers = 4;
  plan.seeder_limit = 64'000'000;
  EXPECT_EQ(ClassicServerTime(plan), seconds(16));
}

TEST(DemoReport, TheTableTellsTimesSharesAndVerification) {
  const std::string text = absl::StrJoin(RenderDemoResult(DemoPlan(), SomeResult()), "\n");
  EXPECT_THAT(text, HasSubstr("leecher 4"));
  EXPECT_THAT(text, HasSubstr("40 ms       60 ms      6.00 s    42.7 MB/s        181 MB"));
  EXPECT_THAT(text, HasSubstr("300 MB   29 %"));
  EXPECT_THAT(text, HasSubstr("724 MB   71 %"));
  EXPECT_THAT(text, HasSubstr("16.0 s  (N*F/rate = 4 * 256 MB / 64.0 MB/s)"));
  EXPECT_THAT(text, HasSubstr("verified: 4 of 4 copies are the same"));
}

TEST(DemoReport, ACopyThatDiffersIsNotCounted) {
  DemoResult result = SomeResult();
  result.leechers[2].is_verified = false;
  const std::string text = absl::StrJoin(RenderDemoResult(DemoPlan(), result), "\n");
  EXPECT_THAT(text, HasSubstr("verified: 3 of 4"));
}

TEST(DemoReport, ThePictureFitsEveryTerminal) {
  DemoView view;
  view.doing = "the leechers fetch";
  view.seeder.emplace();
  view.leechers.resize(4);
  view.leechers[1].total_bytes = 100;
  for (int width = 1; width < 150; ++width) {
    for (const std::string& line :
         RenderDemo(DemoPlan(), view, Look{.width = width, .utf8 = true})) {
      EXPECT_LT(DisplayWidth(line), std::max(width, 1));
    }
  }
}

}  // namespace
}  // namespace starling::cli
