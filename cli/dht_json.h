// The `--json` lines of `dht node` and of the commands that count in the DHT: announce, scrape,
// sample, crawl.
// docs/json.md says what each field means; tests/cli/dht_json_test holds the two together.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "dht/node.h"
#include "dht/size_estimate.h"

namespace starling::cli {

std::string AnnounceJson(const InfoHash& info_hash, uint16_t port, bool is_seed,
                         const dht::LookupReport& report);
// `report` of a Node::Scrape.
std::string DhtScrapeJson(const InfoHash& info_hash, const dht::LookupReport& report);
std::string SampleJson(std::span<const dht::NodeAnswer> answers);

// Events of `dht node`. `at`: of a further address (BEP 45); else of the node itself.
std::string NodeIdJson(const NodeId& id, const std::optional<Endpoint>& at);
std::string ReachJson(bool is_reachable);
std::string DhtStatsJson(const dht::Stats& stats);

// What a crawl has seen until now.
struct CrawlSummary {
  size_t heard = 0;  // distinct endpoints
  size_t answered = 0;
  size_t silent = 0;
  uint64_t queries = 0;
  Duration elapsed{};
  std::array<dht::SizeEstimate, 2> estimates;  // IPv4, IPv6
};
std::string CrawlJson(const CrawlSummary& summary, absl::string_view file);
// The same in words.
std::string CrawlLine(const CrawlSummary& summary);

}  // namespace starling::cli
