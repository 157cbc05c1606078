#include "cli/text_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TextPlot Shares(std::vector<TextLine> lines) {
  TextPlot plot;
  plot.title = "done";
  plot.x_begin = "0";
  plot.x_end = "10 s";
  plot.x_max = 10;
  plot.y_middle = "50%";
  plot.y_high = "100%";
  plot.lines = std::move(lines);
  return plot;
}

TEST(TextPlot, AStepHoldsItsValueUntilTheNext) {
  const std::vector<std::string> lines =
      RenderTextPlot(Shares({{"x", {{4, 0.5}, {8, 1}}, true}}), 17, 5);
  EXPECT_THAT(lines, ElementsAre("done",              //
                                 "100% |       aaa",  //
                                 "     |       a",    //
                                 " 50% |   aaaa",     //
                                 "     |   a",        //
                                 "   0 |aaa",         //
                                 "     +----------",  //
                                 "      0     10 s"));
}

TEST(TextPlot, ALineIsTheMeanOfWhatFallsIntoAColumn) {
  const std::vector<std::string> lines =
      RenderTextPlot(Shares({{"x", {{0.2, 0}, {0.4, 1}, {9.5, 0.5}}, false}}), 17, 5);
  EXPECT_EQ(lines[3], " 50% |aaaaaaaaaa");
}

TEST(TextPlot, EachLineHasALetterAndTheFirstIsOnTop) {
  const std::vector<std::string> lines =
      RenderTextPlot(Shares({{"fast", {{5, 1}}, true}, {"slow", {{9, 1}}, true}}), 30, 5);
  EXPECT_THAT(lines.back(), HasSubstr("a fast   b slow"));
  EXPECT_THAT(lines[1], Not(HasSubstr("b")));
  EXPECT_THAT(lines[2], HasSubstr("b"));
}

TEST(TextPlot, NeverLeavesItsWidth) {
  for (int width = 10; width < 60; ++width) {
    for (const std::string& line :
         RenderTextPlot(Shares({{"a name that is rather long for a line", {{5, 2}}, true},
                                {"another one", {{1, -1}}, false}}),
                        width, 5)) {
      EXPECT_LE(DisplayWidth(line), std::max(width, 17)) << line;
    }
  }
}

}  // namespace
}  // namespace starling::cli
