// A subcommand as a value: what it is called, what it takes, how help explains it, what it does.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/arguments.h"

namespace starling::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitCouldNot = 1;
inline constexpr int kExitWrongUsage = 2;
inline constexpr int kExitSignal = 128;  // plus the signal's number

struct Example {
  absl::string_view purpose;
  absl::string_view line;
};

struct Command {
  absl::string_view name;                // "get", "dht lookup"
  absl::string_view summary;             // one line, no period
  std::vector<absl::string_view> usage;  // what follows the name, one entry a form
  absl::string_view explanation;         // paragraphs, in lines of at most 80 columns
  std::vector<Option> options;
  std::vector<Example> examples;
  // The exit code, or why it could not.
  absl::StatusOr<int> (*run)(const Arguments& arguments);
};

Command GetCommand();
Command SeedCommand();
Command CreateCommand();
Command ShowCommand();
Command DhtNodeCommand();
Command DhtLookupCommand();
Command DhtPingCommand();
Command DhtPutCommand();
Command DhtGetCommand();
Command DhtAnnounceCommand();
Command DhtScrapeCommand();
Command DhtSampleCommand();
Command DhtCrawlCommand();
Command DhtBenchCommand();
Command DemoCommand();
Command SimListCommand();
Command SimShowCommand();
Command SimRunCommand();
Command SimCheckCommand();
Command SimSweepCommand();
Command SimCompareCommand();

// In the order in which help lists them.
std::vector<Command> AllCommands();

}  // namespace starling::cli
