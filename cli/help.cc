#include "cli/help.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr int kColumns = 80;
constexpr int kOptionColumn = 28;  // where the explanation of an option begins

// `text` in lines of at most kColumns, the first one continuing at column `indent`.
std::string Wrap(absl::string_view text, int indent) {
  std::string wrapped;
  int column = indent;
  bool is_first = true;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const int width = DisplayWidth(word);
    if (!is_first && column + 1 + width > kColumns) {
      absl::StrAppend(&wrapped, "\n", std::string(static_cast<size_t>(indent), ' '));
      column = indent;
    } else if (!is_first) {
      wrapped += ' ';
      ++column;
    }
    absl::StrAppend(&wrapped, word);
    column += width;
    is_first = false;
  }
  return wrapped;
}

std::string SpellOption(const Option& option) {
  std::string spelled = option.letter != 0
                            ? absl::StrCat("-", std::string(1, option.letter), ", ", option.name)
                            : absl::StrCat("    ", option.name);
  if (option.takes == Takes::kValue) absl::StrAppend(&spelled, " ", option.value_name);
  if (option.takes == Takes::kOptionalValue) {
    absl::StrAppend(&spelled, "[=", option.value_name, "]");
  }
  return spelled;
}

std::string OptionLines(const Option& option) {
  const std::string spelled = absl::StrCat("  ", SpellOption(option));
  std::string help(option.help);
  if (option.repeatable) help += " (may be repeated)";
  const std::string text = Wrap(help, kOptionColumn);
  if (DisplayWidth(spelled) + 2 > kOptionColumn) {
    return absl::StrCat(spelled, "\n", std::string(kOptionColumn, ' '), text, "\n");
  }
  return absl::StrCat(PadRight(spelled, kOptionColumn), text, "\n");
}

std::string CommandLines(const std::vector<const Command*>& commands) {
  int width = 0;
  for (const Command* command : commands) width = std::max(width, DisplayWidth(command->name));
  std::string lines;
  for (const Command* command : commands) {
    absl::StrAppend(&lines, "  ", PadRight(command->name, width + 2), command->summary, "\n");
  }
  return lines;
}

}  // namespace

std::string OverviewHelp(const std::vector<Command>& commands) {
  std::vector<const Command*> all;
  for (const Command& command : commands) all.push_back(&command);
  return absl::StrCat(
      "starling fetches and serves files over BitTorrent. Peers are found through the DHT,\n"
      "without any server; trackers are asked only when that is not enough.\n\n"
      "usage: starling COMMAND [OPTION]... [ARGUMENT]...\n\n",
      CommandLines(all),
      "\n"
      "      --help     this page; starling COMMAND --help explains a command\n"
      "      --version  the version of the program\n\n"
      "begin with:\n"
      "  starling demo                           # see it work; needs no network\n"
      "  starling get 'magnet:?xt=urn:btih:...'  # fetch into this folder\n"
      "  starling seed FILE                      # share a file, print its magnet link\n\n"
      "exit codes: 0 done, 1 could not, 2 wrong usage, 130 or 143 ended by a signal\n");
}

std::string GroupHelp(const std::vector<Command>& commands, absl::string_view group) {
  std::vector<const Command*> members;
  for (const Command& command : commands) {
    if (absl::StartsWith(command.name, absl::StrCat(group, " "))) members.push_back(&command);
  }
  return absl::StrCat("usage: starling ", group, " COMMAND [OPTION]... [ARGUMENT]...\n\n",
                      CommandLines(members), "\nstarling ", group,
                      " COMMAND --help explains a command\n");
}

std::string CommandHelp(const Command& command) {
  std::string text;
  for (const absl::string_view form : command.usage) {
    const std::string head =
        absl::StrCat(text.empty() ? "usage: " : "       ", "starling ", command.name, " ");
    absl::StrAppend(&text, head, Wrap(form, DisplayWidth(head)), "\n");
  }
  absl::StrAppend(&text, "\n", command.explanation, "\n");
  if (!command.options.empty()) text += "\noptions:\n";
  for (const Option& option : command.options) text += OptionLines(option);
  text += "\nexamples:\n";
  for (const Example& example : command.examples) {
    absl::StrAppend(&text, "  # ", example.purpose, "\n  ", example.line, "\n");
  }
  return text;
}

}  // namespace starling::cli
