#include "cli/why_no_peer.h"

#include "absl/strings/str_cat.h"
#include "cli/progress.h"

namespace starling::cli {

std::string WhyNoPeer(const TorrentView& torrent, bool dht, uint32_t dht_nodes) {
  const uint32_t trackers = torrent.status.trackers_asked;
  if (dht_nodes == 0 && trackers == 0) {
    return absl::StrCat(
        "no peer, and nobody to ask for one: ", dht ? "no DHT node answers" : "the DHT is off",
        " and no tracker is known; ", dht ? "--dht-bootstrap names a node, " : "",
        "--peer names a peer");
  }
  std::string asked = dht_nodes == 0 ? "" : Count(dht_nodes, "DHT node", "DHT nodes");
  if (trackers > 0) {
    absl::StrAppend(&asked, asked.empty() ? "" : " and ", Count(trackers, "tracker", "trackers"));
  }
  return absl::StrCat("no peer yet: ", asked, dht_nodes + trackers == 1 ? " knows" : " know",
                      " nobody who has it; still looking");
}

}  // namespace starling::cli
