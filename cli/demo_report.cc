#include "cli/demo_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr int kBarCells = 28;

std::string After(const std::optional<Duration>& length) {
  return length.has_value() ? FormatDuration(*length) : "-";
}

std::string Percent(uint64_t part, uint64_t whole) {
  const double share =
      whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole) * 100;
  return absl::StrFormat("%.0f %%", share);
}

uint64_t Rate(uint64_t bytes, Duration time) {
  if (time <= Duration(0)) return 0;
  return static_cast<uint64_t>(static_cast<double>(bytes) / ToSeconds(time));
}

std::string LeecherLine(size_t number, const TorrentStatus& status, const Look& look) {
  const double share = status.total_bytes == 0 ? 0
                                               : static_cast<double>(status.have_bytes) /
                                                     static_cast<double>(status.total_bytes);
  std::string facts = "looking for peers";
  if (status.phase == TorrentPhase::kSeeding) {
    facts = "complete";
  } else if (status.total_bytes > 0) {
    facts = absl::StrCat(PadLeft(FormatShare(status.have_bytes, status.total_bytes), 7));
  } else if (status.connected > 0) {
    facts = "asking for the metadata";
  }
  return absl::StrCat("leecher ", number, "  ", Bar(share, kBarCells, look.utf8), "  ",
                      PadRight(facts, 10), "  down ", PadLeft(FormatRate(status.down_rate), 9),
                      "  up ", PadLeft(FormatRate(status.up_rate), 9));
}

}  // namespace

Duration ClassicServerTime(const DemoPlan& plan) {
  const double whole = static_cast<double>(plan.size) * plan.leechers;
  return Duration(static_cast<int64_t>(whole / static_cast<double>(plan.seeder_limit) * 1'000'000));
}

std::vector<std::string> RenderDemo(const DemoPlan& plan, const DemoView& view, const Look& look) {
  std::vector<std::string> lines;
  lines.push_back(view.doing);
  lines.push_back(absl::StrCat(
      "DHT        ", Count(static_cast<uint64_t>(plan.nodes), "node", "nodes"),
      " besides them; each node knows ", view.known_fewest, " to ", view.known_most, " others"));
  if (view.seeder.has_value()) {
    lines.push_back(absl::StrCat("seeder     up ", PadLeft(FormatRate(view.seeder->up_rate), 9),
                                 ", at most ", FormatRate(plan.seeder_limit), "; ",
                                 FormatSize(view.seeder->uploaded), " given to ",
                                 Count(view.seeder->connected, "peer", "peers")));
  }
  for (size_t i = 0; i < view.leechers.size(); ++i) {
    lines.push_back(LeecherLine(i + 1, view.leechers[i], look));
  }
  for (std::string& line : lines) line = Shorten(line, look.width - 1);
  return lines;
}

std::vector<std::string> RenderDemoResult(const DemoPlan& plan, const DemoResult& result) {
  std::vector<std::string> lines;
  lines.push_back("              first peer    metadata    complete         rate   gave others");
  uint64_t from_leechers = 0;
  size_t verified = 0;
  for (size_t i = 0; i < result.leechers.size(); ++i) {
    const DemoLeecher& leecher = result.leechers[i];
    from_leechers += leecher.given;
    verified += leecher.is_verified ? 1 : 0;
    lines.push_back(absl::StrCat(
        PadRight(absl::StrCat("leecher ", i + 1), 12), PadLeft(After(leecher.first_peer), 12),
        PadLeft(After(leecher.metadata), 12), PadLeft(FormatDuration(leecher.complete), 12),
        PadLeft(FormatRate(Rate(plan.size, leecher.complete)), 13),
        PadLeft(FormatSize(leecher.given), 14)));
  }
  const uint64_t all = result.seeder_given + from_leechers;
  lines.push_back("");
  lines.push_back(absl::StrCat(PadRight("from the seeder", 34),
                               PadLeft(FormatSize(result.seeder_given), 9),
                               PadLeft(Percent(result.seeder_given, all), 7)));
  lines.push_back(absl::StrCat(PadRight("from other leechers", 34),
                               PadLeft(FormatSize(from_leechers), 9),
                               PadLeft(Percent(from_leechers, all), 7)));
  lines.push_back(absl::StrCat(PadRight("all have it after", 34),
                               PadLeft(FormatDuration(result.last_complete), 9)));
  lines.push_back(absl::StrCat(PadRight("a classic server would need", 34),
                               PadLeft(FormatDuration(ClassicServerTime(plan)), 9),
                               "  (N*F/rate = ", plan.leechers, " * ", FormatSize(plan.size), " / ",
                               FormatRate(plan.seeder_limit), ")"));
  lines.push_back(absl::StrCat(
      "verified: ", verified, " of ", Count(result.leechers.size(), "copy", "copies"),
      result.leechers.size() == 1 ? " is" : " are", " the same as the original, by SHA-1"));
  return lines;
}

}  // namespace starling::cli
