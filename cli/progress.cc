#include "cli/progress.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr int kNameCellsMax = 32;
constexpr int kBarCellsMin = 8;
constexpr int kBarCellsMax = 40;

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string Label(const TorrentStatus& torrent, const Look& look) {
  const std::string name = torrent.name.empty() ? torrent.info_hash.hex() : torrent.name;
  return Shorten(Printable(name), std::min(kNameCellsMax, look.width / 3));
}

// The name, a bar that takes what room there is, and the facts.
std::string BarLine(absl::string_view label, double share, absl::string_view facts,
                    const Look& look) {
  const int room = look.width - 1 - DisplayWidth(label) - 2 - DisplayWidth(facts) - 2;
  if (room < kBarCellsMin) return absl::StrCat(label, "  ", facts);
  return absl::StrCat(label, "  ", Bar(share, std::min(room, kBarCellsMax), look.utf8), "  ",
                      facts);
}

std::string SeedingFacts(const TorrentStatus& torrent) {
  std::string facts =
      absl::StrCat("seeding to ", Count(torrent.connected, "peer", "peers"), "  ",
                   FormatRate(torrent.up_rate), "  ", FormatSize(torrent.uploaded), " given");
  if (torrent.total_bytes > 0) {
    absl::StrAppendFormat(&facts, "  ratio %.2f", Share(torrent.uploaded, torrent.total_bytes));
  }
  return facts;
}

std::string DownloadFacts(const TorrentStatus& torrent) {
  std::string facts = absl::StrCat(PadLeft(FormatShare(torrent.have_bytes, torrent.total_bytes), 7),
                                   "  ", PadLeft(FormatRate(torrent.down_rate), 9), "  ",
                                   Count(torrent.connected, "peer", "peers"));
  const std::string left = TimeLeft(torrent);
  if (!left.empty()) absl::StrAppend(&facts, "  ", left);
  return facts;
}

}  // namespace

std::string Count(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

std::string Bar(double share, int width, bool utf8) {
  const int inside = width - 2;
  if (inside < 1) return "";
  const double clean = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0;
  const int full = static_cast<int>(clean * inside);
  std::string bar = "[";
  for (int i = 0; i < inside; ++i) {
    if (utf8) {
      absl::StrAppend(&bar, i < full ? "\xE2\x96\x88" : "\xE2\x96\x91");
    } else {
      absl::StrAppend(&bar, i < full ? "=" : i == full ? ">" : " ");
    }
  }
  return bar + "]";
}

std::string FormatShare(uint64_t part, uint64_t whole) {
  if (part >= whole) return "100 %";
  // Cut, not rounded: 99.96 % is not all.
  return absl::StrFormat("%.1f %%", std::floor(Share(part, whole) * 1000) / 10);
}

std::string SearchLine(const TorrentStatus& torrent, const ClientStatus& node, bool dht) {
  std::string line = "DHT off";
  if (dht) {
    line = absl::StrCat(
        "DHT: ", Count(node.dht.table_nodes + node.dht.table_nodes_v6, "node", "nodes"), " known, ",
        Count(node.dht.lookups_running, "lookup", "lookups"), " running");
  }
  absl::StrAppend(
      &line, "; ",
      torrent.trackers_asked == 0
          ? "no tracker asked"
          : absl::StrCat(Count(torrent.trackers_asked, "tracker", "trackers"), " being asked"));
  return absl::StrCat(line, "; ", Count(torrent.peer_set, "peer", "peers"), " known, ",
                      torrent.connected, " connected");
}

std::string TimeLeft(const TorrentStatus& torrent) {
  if (torrent.down_rate == 0 || torrent.have_bytes >= torrent.total_bytes) return "";
  const double in_seconds = static_cast<double>(torrent.total_bytes - torrent.have_bytes) /
                            static_cast<double>(torrent.down_rate);
  constexpr double kWorthSaying = 100.0 * 86'400;
  if (in_seconds > kWorthSaying) return "";
  // In whole seconds: nobody's estimate is better.
  const Duration left = seconds(static_cast<int64_t>(std::ceil(in_seconds)));
  if (left < minutes(1)) return absl::StrCat(left / seconds(1), " s left");
  return FormatDuration(left) + " left";
}

std::vector<std::string> RenderTorrent(const TorrentStatus& torrent, const ClientStatus& node,
                                       Duration running, const Look& look) {
  const std::string label = Label(torrent, look);
  std::vector<std::string> lines;
  bool is_searching = false;
  switch (torrent.phase) {
    case TorrentPhase::kLookingForMetadata:
      lines.push_back(absl::StrCat(
          label, "  ", torrent.connected == 0 ? "looking for peers" : "asking peers what it holds",
          ", ", FormatDuration(running)));
      is_searching = true;
      break;
    case TorrentPhase::kChecking: {
      // Wanted bytes are not known yet in some stores; then only the work done is shown.
      const bool has_total = torrent.total_bytes > 0;
      const std::string facts = absl::StrCat(
          "checking what is there  ",
          has_total ? PadLeft(FormatShare(torrent.checked_bytes, torrent.total_bytes), 7)
                    : FormatSize(torrent.checked_bytes));
      lines.push_back(
          has_total ? BarLine(label, Share(torrent.checked_bytes, torrent.total_bytes), facts, look)
                    : absl::StrCat(label, "  ", facts));
      break;
    }
    case TorrentPhase::kDownloading:
      lines.push_back(BarLine(label, Share(torrent.have_bytes, torrent.total_bytes),
                              DownloadFacts(torrent), look));
      is_searching = torrent.connected == 0;
      break;
    case TorrentPhase::kSeeding:
      lines.push_back(absl::StrCat(label, "  ", SeedingFacts(torrent)));
      break;
    case TorrentPhase::kFailed:
      lines.push_back(absl::StrCat(label, "  failed"));
      break;
  }
  if (is_searching) lines.push_back("  " + SearchLine(torrent, node, look.dht));
  for (std::string& line : lines) line = Shorten(line, look.width - 1);
  return lines;
}

}  // namespace starling::cli
