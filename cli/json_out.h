// The lines of `--json`, as pure functions: what happened as one JSON object a line. docs/json.md
// says what each field means; tests/cli/json_out_test holds the two together.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "dht/node.h"
#include "node/client.h"
#include "node/events.h"
#include "node/tracker_scrape.h"
#include "storage/magnet.h"
#include "storage/metainfo.h"

namespace starling::cli {

std::string ListeningJson(const std::vector<Endpoint>& listening);
// `magnet`: the link that leads others to the torrent.
std::string MetadataJson(const MetadataEvent& event, absl::string_view magnet);
std::string ProgressJson(const TorrentStatus& torrent, const ClientStatus& node);
std::string PieceFailedJson(const PieceFailedEvent& event);
std::string PeerBannedJson(const PeerBannedEvent& event);
std::string CompleteJson(const TorrentStatus& torrent, Duration elapsed, absl::string_view dir);
std::string SeedingJson(const TorrentStatus& torrent, absl::string_view magnet);

// `show --json`.
std::string MetainfoJson(const storage::Metainfo& metainfo);
std::string MagnetJson(const storage::Magnet& magnet);
// `show --scrape --json`.
std::string ScrapeJson(const InfoHash& info_hash, std::span<const ScrapedTracker> trackers);

// `dht lookup --json` and `dht ping --json`.
std::string LookupJson(const InfoHash& info_hash, const std::vector<Endpoint>& peers,
                       const dht::LookupReport& report);
std::string PingJson(const Endpoint& node, const NodeId& id, Duration round_trip);

}  // namespace starling::cli
