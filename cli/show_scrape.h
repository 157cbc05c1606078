// `starling show --scrape`: how many share a torrent, as its trackers count them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/sources.h"
#include "node/tracker_scrape.h"

namespace starling::cli {

// The trackers of the torrent and of the link, each once, in the order in which they stand.
std::vector<std::string> TrackersOf(const Source& source);
// A table of the answers, and a line for each tracker that gave none.
std::vector<std::string> ScrapeLines(std::span<const ScrapedTracker> trackers);

// Asks them all and prints what they say. Unavailable if nobody answered, NotFound if there is
// nobody to ask; else the exit code.
absl::StatusOr<int> ShowScrape(const Source& source, bool as_json);

}  // namespace starling::cli
