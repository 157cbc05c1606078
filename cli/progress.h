// What progress looks like on a terminal, as pure text: a bar a torrent, and while it has nobody to
// load from a line that says what it is doing about that.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/time.h"
#include "node/client.h"

namespace starling::cli {

struct Look {
  int width = 80;     // cells of the terminal
  bool utf8 = false;  // draw with more than ASCII
  bool dht = true;    // does this node take part in the DHT?
};

// "[=====>    ]" of `width` cells for a share between 0 and 1.
std::string Bar(double share, int width, bool utf8);
// A share as "45.2 %"; never "100.0 %" before it is all there.
std::string FormatShare(uint64_t part, uint64_t whole);
// What the torrent does to find peers: "DHT: 34 nodes known, 2 lookups running; 1 tracker asked;
// ...".
std::string SearchLine(const TorrentStatus& torrent, const ClientStatus& node, bool dht);
// The lines of one torrent, each at most `look.width` cells. `running`: how long it has been here.
std::vector<std::string> RenderTorrent(const TorrentStatus& torrent, const ClientStatus& node,
                                       Duration running, const Look& look);
// When it will be done at this rate: "1m 20s left", or empty.
std::string TimeLeft(const TorrentStatus& torrent);
// "1 peer", "5 peers".
std::string Count(uint64_t count, absl::string_view one, absl::string_view many);

}  // namespace starling::cli
