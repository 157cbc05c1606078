// Who looks up what is drawn from a stream of its own, so that the same seed gives the same lookups
// wherever they are made: in the simulator, or by real nodes with the same ids. Of each lookup
// first the host is drawn, by its place among the sorted ids, then the target.
#pragma once

#include "base/random.h"
#include "sim/live_ids.h"

namespace starling::sim {

inline SeededRandom LookupDraws(uint64_t seed) {
  constexpr uint64_t kLookups = 0x6c6f6f6b;
  return SeededRandom::For(seed, 0, kLookups);
}

inline uint32_t DrawHost(const LiveIds& live, Random& random) {
  return live[static_cast<size_t>(random.Below(live.size()))].node;
}

}  // namespace starling::sim
