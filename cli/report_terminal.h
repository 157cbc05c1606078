// The reporter of a terminal: what the plain one says, above a picture with a bar a torrent.
#pragma once

#include <string>

#include "cli/report_lines.h"
#include "cli/terminal.h"

namespace starling::cli {

class TerminalReporter final : public LinesReporter {
 public:
  TerminalReporter();
  Duration tick() const override { return milliseconds(200); }
  void OnTick(Time now, const SessionView& view) override;
  void OnHashing(absl::string_view name, uint64_t done, uint64_t total) override;
  void Warn(absl::string_view message) override;

 protected:
  void Line(absl::string_view line) override;

 private:
  Picture picture_;
  bool utf8_;
};

}  // namespace starling::cli
