// Tit-for-tat block by block (Bharambe et al., INFOCOM 2006): who has taken more than it gave, by
// more than a few pieces, gets nothing until it gives. It bounds what a fast peer loses to slow
// ones, which tit-for-tat by rates does not. Seeds serve as with tit-for-tat.
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "peer/choker.h"

namespace starling::peer {

struct BlockTftOptions {
  double deficit_pieces = 2;
  uint32_t slots = 0;  // as of tit-for-tat
  SeedOrder order = SeedOrder::kRoundRobin;
};

std::unique_ptr<Choker> MakeBlockTft(Random& random, const BlockTftOptions& options);

}  // namespace starling::peer
