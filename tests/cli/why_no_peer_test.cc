#include "cli/why_no_peer.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TorrentView WithTrackers(uint32_t trackers) {
  TorrentView torrent;
  torrent.status.trackers_asked = trackers;
  return torrent;
}

TEST(WhyNoPeer, NamesWhoWasAskedAndWhatCanBeDone) {
  EXPECT_EQ(WhyNoPeer(WithTrackers(0), /*dht=*/true, 0),
            "no peer, and nobody to ask for one: no DHT node answers and no tracker is known; "
            "--dht-bootstrap names a node, --peer names a peer");
  EXPECT_EQ(WhyNoPeer(WithTrackers(0), /*dht=*/false, 0),
            "no peer, and nobody to ask for one: the DHT is off and no tracker is known; "
            "--peer names a peer");
  EXPECT_EQ(WhyNoPeer(WithTrackers(0), true, 1),
            "no peer yet: 1 DHT node knows nobody who has it; still looking");
  EXPECT_EQ(WhyNoPeer(WithTrackers(2), true, 40),
            "no peer yet: 40 DHT nodes and 2 trackers know nobody who has it; still looking");
  EXPECT_EQ(WhyNoPeer(WithTrackers(1), true, 0),
            "no peer yet: 1 tracker knows nobody who has it; still looking");
}

}  // namespace
}  // namespace starling::cli
