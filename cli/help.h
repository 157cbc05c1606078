// Help pages, made from what commands say of themselves.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace starling::cli {

// `starling --help`
std::string OverviewHelp(const std::vector<Command>& commands);
// `starling dht --help`: the commands whose name begins with that word.
std::string GroupHelp(const std::vector<Command>& commands, absl::string_view group);
// `starling COMMAND --help`
std::string CommandHelp(const Command& command);

}  // namespace starling::cli
