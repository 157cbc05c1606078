// Queues of slices whose cells come from one pool, so that a hundred thousand mostly empty queues
// cost 12 bytes each and a busy one allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/buffer.h"

namespace starling::sim {

class SlicePool;

struct SliceQueue {
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t first = kNone;
  uint32_t last = kNone;
  bool empty() const { return first == kNone; }
};

class SlicePool {
 public:
  void Append(SliceQueue& queue, Slice slice);
  // Takes the first slice, or the first `bytes_max` bytes of it; the queue must not be empty.
  Slice Take(SliceQueue& queue, size_t bytes_max);
  // Fetches the first slice of a queue into the cache, and when that is there what it shows.
  void Prefetch(const SliceQueue& queue) const {
    if (!queue.empty()) __builtin_prefetch(&cells_[queue.first]);
  }
  void PrefetchBytes(const SliceQueue& queue) const {
    if (!queue.empty()) __builtin_prefetch(cells_[queue.first].slice.data());
  }
  // Drops everything after the first `bytes`.
  void Truncate(SliceQueue& queue, size_t bytes);

 private:
  struct Cell {
    Slice slice;
    uint32_t next;
  };
  void Free(uint32_t cell);

  std::vector<Cell> cells_;
  uint32_t free_ = SliceQueue::kNone;
};

}  // namespace starling::sim
