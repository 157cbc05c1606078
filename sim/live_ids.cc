#include "sim/live_ids.h"

#include <algorithm>

#include "base/check.h"

namespace starling::sim {
namespace {

// Collects the entries of [begin, end), which share the first `bit` bits, nearest first.
struct Collector {
  const NodeId& target;
  std::span<const LiveIds::Entry> entries;
  std::span<LiveIds::Entry> closest;
  size_t count = 0;

  void Take(size_t begin, size_t end, size_t bit) {
    if (begin == end || count == closest.size()) return;
    if (end - begin == 1 || bit == 8 * NodeId::kSize) {
      closest[count++] = entries[begin];
      return;
    }
    const auto is_zero = [bit](const LiveIds::Entry& entry) { return !entry.id.bit(bit); };
    const auto range = entries.subspan(begin, end - begin);
    const auto middle = std::partition_point(range.begin(), range.end(), is_zero);
    const size_t split = begin + static_cast<size_t>(middle - range.begin());
    if (target.bit(bit)) {
      Take(split, end, bit + 1);
      Take(begin, split, bit + 1);
    } else {
      Take(begin, split, bit + 1);
      Take(split, end, bit + 1);
    }
  }
};

}  // namespace

void LiveIds::Sort() { std::sort(entries_.begin(), entries_.end()); }

void LiveIds::Add(const NodeId& id, uint32_t node) {
  const Entry entry{id, node};
  entries_.insert(std::lower_bound(entries_.begin(), entries_.end(), entry), entry);
}

void LiveIds::Remove(const NodeId& id, uint32_t node) {
  const Entry entry{id, node};
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), entry);
  CHECK(found != entries_.end() && *found == entry);
  entries_.erase(found);
}

size_t LiveIds::Closest(const NodeId& target, std::span<Entry> closest) const {
  Collector collector{target, entries_, closest};
  collector.Take(0, entries_.size(), 0);
  return collector.count;
}

}  // namespace starling::sim
