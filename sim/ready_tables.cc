#include "sim/ready_tables.h"

#include <algorithm>

namespace starling::sim {

void ReadyTables::Add(const NodeId& id, NodeIndex node, uint32_t place) {
  entries_.push_back({id, node, world_.hosts().coordinates(node), place});
}

void ReadyTables::Sort() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.id < b.id; });
}

// Different positions in [from, from + size), all of them if they find room.
void ReadyTables::Draw(size_t from, size_t size, Random& random) {
  picks_.clear();
  const size_t count = std::min(size, bucket_size_);
  while (picks_.size() < count) {
    const size_t offset =
        size <= bucket_size_ ? picks_.size() : static_cast<size_t>(random.Below(size));
    const size_t pick = from + offset;
    if (std::find(picks_.begin(), picks_.end(), pick) != picks_.end()) continue;
    // In a large network each lies in a cache line of its own: fetch them together.
    __builtin_prefetch(&entries_[pick]);
    picks_.push_back(pick);
  }
}

std::span<const dht::Contact> ReadyTables::TableOf(size_t position, Random& random) {
  table_.clear();
  const Entry& own = entries_[position];
  const uint32_t now_s = dht::ToStamp(world_.now());
  size_t begin = 0;
  size_t end = entries_.size();
  for (size_t bit = 0; bit < 160 && end - begin > 1; ++bit) {
    const auto middle = static_cast<size_t>(
        std::partition_point(entries_.begin() + static_cast<std::ptrdiff_t>(begin),
                             entries_.begin() + static_cast<std::ptrdiff_t>(end),
                             [bit](const Entry& entry) { return !entry.id.bit(bit); }) -
        entries_.begin());
    const bool high = own.id.bit(bit);
    const size_t from = high ? begin : middle;
    const size_t size = high ? middle - begin : end - middle;
    (high ? begin : end) = middle;
    Draw(from, size, random);
    for (const size_t pick : picks_) {
      const Entry& other = entries_[pick];
      dht::Contact contact;
      contact.id = other.id;
      contact.endpoint = world_.endpoint(other.node);
      contact.failures = 0;
      contact.rtt_class = dht::RttClass(world_.links().RoundTrip(own.home, other.home));
      // Seen at some time since it was refreshed last, so that not all are refreshed at once.
      const auto age_s = static_cast<uint32_t>(random.Below(dht::kRefreshAfterS));
      contact.last_seen_s = now_s - std::min(now_s, age_s);
      table_.push_back(contact);
    }
  }
  return table_;
}

}  // namespace starling::sim
