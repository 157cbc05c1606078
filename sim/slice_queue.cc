#include "sim/slice_queue.h"

#include <utility>

#include "base/check.h"

namespace starling::sim {

void SlicePool::Append(SliceQueue& queue, Slice slice) {
  uint32_t index = free_;
  if (index == SliceQueue::kNone) {
    index = static_cast<uint32_t>(cells_.size());
    cells_.push_back({std::move(slice), SliceQueue::kNone});
  } else {
    free_ = cells_[index].next;
    cells_[index] = {std::move(slice), SliceQueue::kNone};
  }
  if (queue.empty()) {
    queue.first = index;
  } else {
    cells_[queue.last].next = index;
  }
  queue.last = index;
}

Slice SlicePool::Take(SliceQueue& queue, size_t bytes_max) {
  CHECK(!queue.empty());
  Cell& cell = cells_[queue.first];
  if (cell.slice.size() > bytes_max) {
    Slice part = cell.slice.Sub(0, bytes_max);
    cell.slice = cell.slice.From(bytes_max);
    return part;
  }
  Slice whole = std::move(cell.slice);
  const uint32_t taken = queue.first;
  queue.first = cell.next;
  if (queue.first == SliceQueue::kNone) queue.last = SliceQueue::kNone;
  Free(taken);
  return whole;
}

void SlicePool::Truncate(SliceQueue& queue, size_t bytes) {
  uint32_t kept = SliceQueue::kNone;
  uint32_t at = queue.first;
  while (at != SliceQueue::kNone && bytes > 0) {
    Cell& cell = cells_[at];
    if (cell.slice.size() > bytes) cell.slice = cell.slice.Sub(0, bytes);
    bytes -= cell.slice.size();
    kept = at;
    at = cell.next;
  }
  if (kept == SliceQueue::kNone) {
    queue.first = SliceQueue::kNone;
  } else {
    cells_[kept].next = SliceQueue::kNone;
  }
  queue.last = kept;
  while (at != SliceQueue::kNone) {
    const uint32_t next = cells_[at].next;
    Free(at);
    at = next;
  }
}

void SlicePool::Free(uint32_t cell) {
  cells_[cell].slice = Slice();
  cells_[cell].next = free_;
  free_ = cell;
}

}  // namespace starling::sim
