// How far a simulation is: a bar on a terminal, painted a few times a second; nothing elsewhere.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "sim/run.h"

namespace starling::cli {

// The lines of the picture. `elapsed`: real time, since the start.
std::vector<std::string> RenderSimProgress(absl::string_view label, const sim::RunProgress& at,
                                           double elapsed_s, int width, bool utf8);

class SimProgress {
 public:
  // `show`: false keeps it silent, for --json and --watch.
  SimProgress(std::string label, bool show)
      : label_(std::move(label)), shows_(show && OutputIsTerminal()) {}

  void Update(const sim::RunProgress& at);
  void Clear() { picture_.Clear(); }
  double elapsed_s() const;

 private:
  const std::string label_;
  const bool shows_;
  const bool utf8_ = TerminalTakesUtf8();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double painted_s_ = -1;
  Picture picture_;
};

}  // namespace starling::cli
