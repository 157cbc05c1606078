// BitTyrant (Piatek et al., NSDI 2007; docs: simulation targets, section 3): a choker that serves
// for the return it gets. For each peer it keeps `d`, the rate that comes when the peer
// reciprocates, and `u`, the rate that it takes to make it so; it serves those with the best d/u,
// each at its `u`, until the uplink is spent. Each round teaches: who was served and kept us choked
// needs more, who has unchoked us for several rounds may do with less.
//
// Torrents that we seed get what is left, in turn.
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "peer/choker.h"

namespace starling::peer {

struct TyrantOptions {
  uint64_t initial_rate = 15'000;  // u of a peer nothing is known of, bytes a second
  uint64_t cap = 0;                // at most this is sent in all; 0: what the uplink can do
  double increase = 0.2;           // of u, for a round in which the peer kept us choked
  double decrease = 0.1;           // of u, for `patience` rounds in which it did not
  uint32_t patience = 3;
  // Where everybody is served and something is left: false shares it out, true keeps it.
  bool selfish = false;
  // What becomes free between rounds goes to others at once. False, as published: once a round it
  // is decided who may have what until the next, so whoever has something for us has its share of
  // the uplink even while it wants nothing of us, seeds too.
  bool fill = true;
};

std::unique_ptr<Choker> MakeTyrant(Random& random, const TyrantOptions& options);

}  // namespace starling::peer
