// The program as a function: finds the command that the first words name, and turns its result into
// an exit code and at most one line on standard error.
#pragma once

#include <string>
#include <vector>

#include "sim/strategies.h"

namespace starling::cli {

// `words`: what follows the program's name. `strategies`: what --choker and scenarios may name;
// examples/my_choker hands over one more. Returns the exit code.
int RunProgram(std::vector<std::string> words, sim::Strategies strategies = {});

// The same for `main`: simulations get huge pages first (huge_pages.h).
int RunMain(int argc, char** argv, sim::Strategies strategies = {});

}  // namespace starling::cli
