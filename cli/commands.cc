#include "cli/command.h"

namespace starling::cli {

std::vector<Command> AllCommands() {
  return {GetCommand(),       SeedCommand(),      CreateCommand(),      ShowCommand(),
          DhtNodeCommand(),   DhtLookupCommand(), DhtPingCommand(),     DhtBenchCommand(),
          DhtPutCommand(),    DhtGetCommand(),    DhtAnnounceCommand(), DhtScrapeCommand(),
          DhtSampleCommand(), DhtCrawlCommand(),  DemoCommand(),        SimListCommand(),
          SimShowCommand(),   SimRunCommand(),    SimCheckCommand(),    SimSweepCommand(),
          SimCompareCommand()};
}

}  // namespace starling::cli
