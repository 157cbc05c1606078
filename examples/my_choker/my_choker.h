// A choker of one's own, `mine`: the uplink is shared out in proportion to what each peer gave
// (Levin et al., "BitTorrent is an auction", SIGCOMM 2008), and a part of it is kept for one random
// newcomer at a time. Torrents that are complete are seeded as tit-for-tat does.
#pragma once

#include "peer/choker_registry.h"

// What it is called, its parameters, and how to make one.
starling::peer::ChokerKind MyChokerKind();
