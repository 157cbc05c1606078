// The terminal behind standard output, if there is one: its width, and a picture of a few lines at
// its foot that is painted over and over while other lines scroll away above it.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace starling::cli {

bool OutputIsTerminal();
int TerminalWidth();       // cells; 80 if nobody knows
int TerminalHeight();      // lines; 24 if nobody knows
bool TerminalTakesUtf8();  // by the locale variables

// Writes a line to standard output at once, for whoever reads it through a pipe.
void PrintLine(absl::string_view line);
// "starling: message" on standard error.
void PrintError(absl::string_view message);
// False once standard output cannot be written any more: its reader has gone.
bool OutputIsOpen();
// Why a line could not be written, EPIPE if its reader has gone; 0: none was lost.
int OutputError();

class Picture {
 public:
  ~Picture() { Clear(); }
  // Shows `lines` instead of what was shown before. Each must fit into the terminal's width; what
  // does not fit into its height is left out.
  void Paint(std::vector<std::string> lines);
  // Takes the picture away, so that other lines can be written; Paint() brings it back.
  void Clear();
  // Leaves the picture where it is, as plain text; the next one begins below it.
  void Keep() { lines_shown_ = 0; }

 private:
  size_t lines_shown_ = 0;
};

}  // namespace starling::cli
