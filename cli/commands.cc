#include "cli/command.h"

namespace starling::cli {

std::vector<Command> AllCommands() {
  return {GetCommand(),     SeedCommand(),      CreateCommand(),  ShowCommand(),
          DhtNodeCommand(), DhtLookupCommand(), DhtPingCommand(), DemoCommand()};
}

}  // namespace starling::cli
