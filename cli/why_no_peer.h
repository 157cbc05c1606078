// What a user is told whose torrent has found nobody for a while.
#pragma once

#include <cstdint>
#include <string>

namespace starling::cli {

// Where peers are looked for. A fallback may be yet to come: nothing here says that it was asked.
struct PeerSources {
  bool dht = true;  // and the torrent is not private
  uint32_t dht_nodes = 0;
  bool trackers = false;         // the torrent names some, and they may be asked
  uint32_t known_addresses = 0;  // of peers, none of which is connected
};

// One sentence, without the torrent's name.
std::string WhyNoPeer(const PeerSources& sources);

}  // namespace starling::cli
