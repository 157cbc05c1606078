#include "cli/sim_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "sim/report_facts.h"

namespace starling::cli {

namespace {

constexpr double kPaintEvery = 0.2;  // seconds
constexpr int kBarCells = 40;

double ShareOf(const sim::RunProgress& at) {
  // Where it is known who is expected, the end is when they are done, not the limit of time.
  if (at.expected > 0) return static_cast<double>(at.done) / static_cast<double>(at.expected);
  return at.until <= Duration::zero() ? 0 : ToSeconds(at.simulated) / ToSeconds(at.until);
}

}  // namespace

std::vector<std::string> RenderSimProgress(absl::string_view label, const sim::RunProgress& at,
                                           double elapsed_s, int width, bool utf8) {
  const double share = std::clamp(ShareOf(at), 0.0, 1.0);
  const std::string done =
      at.expected == 0 ? ""
                       : absl::StrCat("  ", sim::FormatCount(static_cast<double>(at.done)), " of ",
                                      sim::FormatCount(static_cast<double>(at.expected)), " done");
  const double events = static_cast<double>(at.events);
  const std::string rate =
      elapsed_s < 0.1 ? "" : absl::StrCat(", ", sim::FormatCount(events / elapsed_s), " events/s");
  return {Shorten(absl::StrCat(label, "  ", Bar(share, std::clamp(width / 3, 10, kBarCells), utf8),
                               done),
                  width - 1),
          Shorten(absl::StrCat("  ", sim::FormatSeconds(ToSeconds(at.simulated)), " simulated, of ",
                               sim::FormatSeconds(ToSeconds(at.until)), " at most; ",
                               sim::FormatCount(events), " events", rate, "; running for ",
                               sim::FormatSeconds(elapsed_s)),
                  width - 1)};
}

double SimProgress::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void SimProgress::Update(const sim::RunProgress& at) {
  if (!shows_) return;
  const double now_s = elapsed_s();
  if (painted_s_ >= 0 && now_s < painted_s_ + kPaintEvery) return;
  painted_s_ = now_s;
  picture_.Paint(RenderSimProgress(label_, at, now_s, TerminalWidth(), utf8_));
}

}  // namespace starling::cli
