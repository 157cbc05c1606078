#include "cli/program.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/huge_pages.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/version.h"

namespace starling::cli {

namespace {

int Fail(const absl::Status& status) {
  if (const int signal = SignalOf(status); signal != 0) return kExitSignal + signal;
  PrintError(status.message());
  return IsUsageError(status) ? kExitWrongUsage : kExitCouldNot;
}

bool AsksForHelp(absl::string_view word) { return word == "--help" || word == "-h"; }

bool IsGroup(const std::vector<Command>& commands, absl::string_view word) {
  for (const Command& command : commands) {
    if (absl::StartsWith(command.name, absl::StrCat(word, " "))) return true;
  }
  return false;
}

bool Simulates(const std::vector<std::string>& words) {
  if (words.size() < 2) return false;
  return words[0] == "sim" || (words[0] == "dht" && words[1] == "bench");
}

using StrategiesPointer = std::shared_ptr<const sim::Strategies>;

int RunCommand(const Command& command, const std::vector<std::string>& words,
               const StrategiesPointer& strategies) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (AsksForHelp(word)) {
      PrintLine(absl::StripSuffix(CommandHelp(command), "\n"));
      return kExitDone;
    }
  }
  absl::StatusOr<Arguments> arguments = ParseArguments(command.name, command.options, words);
  if (!arguments.ok()) return Fail(arguments.status());
  arguments->SetStrategies(strategies);
  const absl::StatusOr<int> code = command.run(*arguments);
  return code.ok() ? *code : Fail(code.status());
}

int Dispatch(std::vector<std::string> words, const StrategiesPointer& strategies) {
  const std::vector<Command> commands = AllCommands();
  if (words.empty()) {
    std::cerr << OverviewHelp(commands);
    return kExitWrongUsage;
  }
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "help" && !words.empty()) {  // `help get` for `get --help`
    name = words.front();
    words = {words.begin() + 1, words.end()};
    words.push_back("--help");
  }
  if (AsksForHelp(name) || name == "help") {
    PrintLine(absl::StripSuffix(OverviewHelp(commands), "\n"));
    return kExitDone;
  }
  if (name == "--version") {
    PrintLine(absl::StrCat("starling ", kVersion));
    return kExitDone;
  }
  std::string group;
  if (IsGroup(commands, name)) {
    group = name;
    if (words.empty()) {
      return Fail(UsageError(absl::StrCat(name, " needs a command", SeeHelp(name))));
    }
    if (AsksForHelp(words.front())) {
      PrintLine(absl::StripSuffix(GroupHelp(commands, name), "\n"));
      return kExitDone;
    }
    absl::StrAppend(&name, " ", words.front());
    words.erase(words.begin());
  }
  for (const Command& command : commands) {
    if (command.name == name) return RunCommand(command, words, strategies);
  }
  const absl::string_view kind = name[0] == '-' ? "option " : "command ";
  return Fail(UsageError(absl::StrCat("unknown ", kind, Printable(name), SeeHelp(group))));
}

}  // namespace

int RunProgram(std::vector<std::string> words, sim::Strategies strategies) {
  // A reader that goes away is an error of writing, seen where we write, and not our sudden end.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // and a file that may not grow any more is an error as well
  int code = kExitCouldNot;
  try {
    code =
        Dispatch(std::move(words), std::make_shared<const sim::Strategies>(std::move(strategies)));
  } catch (const std::exception& error) {
    PrintError(error.what());
  }
  // A reader that has gone has what it wanted; a full disk has not.
  if (code == kExitDone && OutputError() != 0 && OutputError() != EPIPE) {
    PrintError(absl::StrCat("cannot write the output: ", std::strerror(OutputError())));
    return kExitCouldNot;
  }
  return code;
}

int RunMain(int argc, char** argv, sim::Strategies strategies) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (Simulates(words)) RestartWithHugePages(argv);
  return RunProgram(std::move(words), std::move(strategies));
}

}  // namespace starling::cli
