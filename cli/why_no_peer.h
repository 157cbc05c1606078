// What a user is told whose torrent has found nobody for a while.
#pragma once

#include <string>

#include "cli/reporter.h"

namespace starling::cli {

// Who was asked in vain, and what can be done; one sentence, without the torrent's name.
std::string WhyNoPeer(const TorrentView& torrent, bool dht, uint32_t dht_nodes);

}  // namespace starling::cli
