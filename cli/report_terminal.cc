#include "cli/report_terminal.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr size_t kPictureLinesMax = 16;  // more torrents than that are summed up
constexpr int kHashNameCellsMax = 32;

}  // namespace

TerminalReporter::TerminalReporter() : utf8_(TerminalTakesUtf8()) {}

void TerminalReporter::Line(absl::string_view line) {
  picture_.Clear();
  PrintLine(line);
}

void TerminalReporter::Warn(absl::string_view message) {
  picture_.Clear();
  PrintError(message);
}

void TerminalReporter::OnTick(Time, const SessionView& view) {
  const Look look{.width = TerminalWidth(), .utf8 = utf8_, .dht = view.dht};
  std::vector<std::string> lines;
  size_t shown = 0;
  for (const TorrentView& torrent : view.torrents) {
    if (lines.size() >= kPictureLinesMax) break;
    for (std::string& line : RenderTorrent(torrent.status, view.node, torrent.running, look)) {
      lines.push_back(std::move(line));
    }
    ++shown;
  }
  if (shown < view.torrents.size()) {
    lines.push_back(absl::StrCat("and ", view.torrents.size() - shown, " more"));
  }
  picture_.Paint(lines);
}

void TerminalReporter::OnHashing(absl::string_view name, uint64_t done, uint64_t total) {
  const int width = TerminalWidth();
  const std::string label =
      absl::StrCat("hashing ", Shorten(Printable(name), std::min(kHashNameCellsMax, width / 3)));
  const std::string facts =
      absl::StrCat(PadLeft(FormatShare(done, total), 7), " of ", FormatSize(total));
  const int room = width - 5 - DisplayWidth(label) - DisplayWidth(facts);
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  picture_.Paint({Shorten(
      absl::StrCat(label, "  ", Bar(share, std::min(room, 40), utf8_), "  ", facts), width - 1)});
  if (done == total) picture_.Clear();
}

}  // namespace starling::cli
