#include "cli/show_scrape.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "node/real_scrape.h"

namespace starling::cli {

namespace {

constexpr Duration kTick = milliseconds(20);
constexpr int kCountCells = 10;
constexpr int kWhyCells = 200;

std::string CountCells(absl::string_view text) { return PadLeft(text, kCountCells); }

// The exit code of a run that a signal ended.
std::optional<int> RunUntilDone(RealWorld& world, const Scrape& scrape) {
  std::optional<int> code;
  world.OnSignal([&](Time, int signal) {
    code = kExitSignal + signal;
    world.Stop();
  });
  world.Every(kTick, [&](Time) {
    if (scrape.is_done()) world.Stop();
  });
  world.Run();
  return code;
}

}  // namespace

std::vector<std::string> TrackersOf(const Source& source) {
  std::vector<std::string> urls;
  const auto add = [&](const std::string& url) {
    if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(url);
  };
  if (source.metainfo != nullptr) {
    for (const std::vector<std::string>& tier : source.metainfo->trackers) {
      for (const std::string& url : tier) add(url);
    }
  }
  if (source.magnet.has_value()) {
    for (const std::string& url : source.magnet->trackers) add(url);
  }
  return urls;
}

std::vector<std::string> ScrapeLines(std::span<const ScrapedTracker> trackers) {
  std::vector<std::string> lines;
  for (const ScrapedTracker& tracker : trackers) {
    if (!tracker.answer.ok()) continue;
    if (lines.empty()) {
      lines.push_back(absl::StrCat(CountCells("seeders"), CountCells("leechers"),
                                   CountCells("downloads"), "  tracker"));
    }
    lines.push_back(absl::StrCat(CountCells(absl::StrCat(tracker.answer->seeders)),
                                 CountCells(absl::StrCat(tracker.answer->leechers)),
                                 CountCells(absl::StrCat(tracker.answer->downloads)), "  ",
                                 Printable(tracker.url)));
  }
  for (const ScrapedTracker& tracker : trackers) {
    if (tracker.answer.ok()) continue;
    const absl::string_view why = tracker.answer.status().message();
    lines.push_back(absl::StrCat(Printable(tracker.url), ": ", Shorten(Printable(why), kWhyCells)));
  }
  return lines;
}

absl::StatusOr<int> ShowScrape(const Source& source, bool as_json) {
  ScrapeQuestion question;
  question.info_hash = source.info_hash();
  question.trackers = TrackersOf(source);
  if (question.trackers.empty()) {
    return absl::NotFoundError(absl::StrCat(source.label(), ": names no trackers to ask"));
  }
  RealWorld world;
  ASSIGN_OR_RETURN(const std::unique_ptr<RealScrape> real, RealScrape::Start(world, question));
  const Scrape& scrape = real->scrape();
  const std::optional<int> interrupted = RunUntilDone(world, scrape);
  if (interrupted.has_value()) return *interrupted;
  if (as_json) {
    PrintLine(ScrapeJson(question.info_hash, scrape.trackers()));
  } else {
    for (const std::string& line : ScrapeLines(scrape.trackers())) PrintLine(line);
  }
  const bool any = std::any_of(scrape.trackers().begin(), scrape.trackers().end(),
                               [](const ScrapedTracker& each) { return each.answer.ok(); });
  if (any) return kExitDone;
  return absl::UnavailableError(absl::StrCat(source.label(), ": no tracker answered"));
}

}  // namespace starling::cli
