// The program as a function: finds the command that the first words name, and turns its result into
// an exit code and at most one line on standard error.
#pragma once

#include <string>
#include <vector>

namespace starling::cli {

// `words`: what follows the program's name. Returns the exit code.
int RunProgram(std::vector<std::string> words);

}  // namespace starling::cli
