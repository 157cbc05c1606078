#include "cli/why_no_peer.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(WhyNoPeer, NamesWhereIsLookedAndWhatCanBeDone) {
  EXPECT_EQ(WhyNoPeer({true, 0, false, 0}),
            "no peer, and nobody to ask for one: no DHT node answers, and there is no tracker; "
            "--dht-bootstrap names a node, --peer names a peer");
  EXPECT_EQ(WhyNoPeer({false, 40, false, 0}),
            "no peer, and nobody to ask for one: the DHT is off for it, and there is no tracker; "
            "--peer names a peer");
  EXPECT_EQ(WhyNoPeer({true, 1, false, 0}),
            "no peer yet; looking in the DHT, which has 1 node here");
  EXPECT_EQ(WhyNoPeer({true, 40, true, 0}),
            "no peer yet; looking in the DHT, which has 40 nodes here, and at its trackers");
  EXPECT_EQ(WhyNoPeer({false, 40, true, 0}), "no peer yet; looking at its trackers");
  EXPECT_EQ(WhyNoPeer({true, 0, false, 1}),
            "no peer yet: of 1 known address none has answered; still trying");
}

}  // namespace
}  // namespace starling::cli
