#include "cli/why_no_peer.h"

#include "absl/strings/str_cat.h"
#include "cli/progress.h"

namespace starling::cli {

std::string WhyNoPeer(const PeerSources& sources) {
  const bool asks_dht = sources.dht && sources.dht_nodes > 0;
  if (sources.known_addresses > 0) {
    return absl::StrCat("no peer yet: of ",
                        Count(sources.known_addresses, "known address", "known addresses"),
                        " none has answered; still trying");
  }
  if (!asks_dht && !sources.trackers) {
    return absl::StrCat("no peer, and nobody to ask for one: ",
                        sources.dht ? "no DHT node answers" : "the DHT is off for it",
                        ", and there is no tracker; ",
                        sources.dht ? "--dht-bootstrap names a node, " : "", "--peer names a peer");
  }
  std::string where = asks_dht ? absl::StrCat("in the DHT, which has ",
                                              Count(sources.dht_nodes, "node", "nodes"), " here")
                               : "";
  if (sources.trackers) absl::StrAppend(&where, asks_dht ? ", and " : "", "at its trackers");
  return absl::StrCat("no peer yet; looking ", where);
}

}  // namespace starling::cli
