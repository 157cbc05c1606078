#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/text.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

TEST(Help, TheOverviewNamesEachCommand) {
  const std::vector<Command> commands = AllCommands();
  const std::string overview = OverviewHelp(commands);
  for (const Command& command : commands) {
    EXPECT_THAT(overview, HasSubstr(absl::StrCat("  ", command.name, " ")));
  }
  EXPECT_THAT(GroupHelp(commands, "dht"), HasSubstr("dht ping"));
}

TEST(Help, EachPageExplainsEachOptionAndGivesExamples) {
  for (const Command& command : AllCommands()) {
    const std::string page = CommandHelp(command);
    EXPECT_THAT(page, HasSubstr(absl::StrCat("usage: starling ", command.name)));
    EXPECT_FALSE(command.examples.empty()) << command.name;
    EXPECT_FALSE(command.explanation.empty()) << command.name;
    for (const Option& option : command.options) {
      EXPECT_THAT(page, HasSubstr(std::string(option.name)));
      EXPECT_FALSE(option.help.empty()) << option.name;
    }
  }
}

TEST(Help, NoPageIsWiderThanATerminal) {
  for (const Command& command : AllCommands()) {
    for (const absl::string_view line : absl::StrSplit(CommandHelp(command), '\n')) {
      // A command line to copy stays in one piece.
      const bool is_example = line.substr(0, 11) == "  starling ";
      EXPECT_LE(DisplayWidth(line), is_example ? 120 : 80) << line;
    }
  }
}

TEST(Help, ExamplesUseOnlyOptionsThatThereAre) {
  for (const Command& command : AllCommands()) {
    for (const Example& example : command.examples) {
      const absl::string_view line = example.line.substr(0, example.line.find('|'));
      for (const absl::string_view word : absl::StrSplit(line, ' ')) {
        if (word.substr(0, 2) != "--") continue;
        const absl::string_view name = word.substr(0, word.find('='));
        bool is_known = false;
        for (const Option& option : command.options) is_known |= option.name == name;
        EXPECT_TRUE(is_known) << example.line;
      }
    }
  }
}

TEST(Help, NoLetterOrNameIsUsedTwice) {
  for (const Command& command : AllCommands()) {
    std::set<std::string> names;
    for (const Option& option : command.options) {
      EXPECT_TRUE(names.insert(std::string(option.name)).second) << option.name;
      if (option.letter == 0) continue;
      EXPECT_TRUE(names.insert(std::string(1, option.letter)).second) << option.letter;
    }
  }
}

}  // namespace
}  // namespace starling::cli
