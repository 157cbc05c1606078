#include "sim/ready_tables.h"

#include <algorithm>
#include <optional>

namespace starling::sim {

void ReadyTables::Add(const NodeId& id, NodeIndex node, uint32_t place) {
  entries_.push_back({id, node, world_.hosts().coordinates(node), place});
}

void ReadyTables::Sort() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.id < b.id; });
}

size_t ReadyTables::PositionOf(const NodeId& id) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), id,
                       [](const Entry& entry, const NodeId& wanted) { return entry.id < wanted; });
  return static_cast<size_t>(found - entries_.begin());
}

// Different positions in [from, from + size), all of them if they find room.
void ReadyTables::Draw(size_t from, size_t size, size_t room, Random& random) {
  picks_.clear();
  const size_t count = std::min(size, room);
  while (picks_.size() < count) {
    const size_t offset = size <= room ? picks_.size() : static_cast<size_t>(random.Below(size));
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
    const size_t room = variant_.BucketSize(bit);
    Draw(from, size, room, random);
    for (const size_t pick : picks_) table_.push_back(ContactOf(own, entries_[pick], random));
    if (variant_.replaces_contacts() && size > room) {
      Improve(own, bit, from, size, end - begin, random);
    }
  }
  return table_;
}

dht::Contact ReadyTables::ContactOf(const Entry& own, const Entry& other, Random& random) const {
  const uint32_t now_s = dht::ToStamp(world_.now());
  dht::Contact contact;
  contact.id = other.id;
  contact.endpoint = world_.endpoint(other.node);
  contact.failures = 0;
  contact.rtt_class = dht::RttClass(world_.links().RoundTrip(own.home, other.home));
  // Seen at some time since it was refreshed last, so that not all are refreshed at once.
  const auto age_s = static_cast<uint32_t>(random.Below(dht::kRefreshAfterS));
  contact.last_seen_s = now_s - std::min(now_s, age_s);
  return contact;
}

// The last bucket of `table_` meets others of its range, as it would in the course of time.
void ReadyTables::Improve(const Entry& own, size_t bit, size_t from, size_t size, size_t deeper,
                          Random& random) {
  const size_t held = picks_.size();
  const size_t begin = table_.size() - held;
  size_t newcomers = held * (candidates_ - std::min<size_t>(candidates_, 1));
  newcomers = std::min(newcomers, size - held);
  meetings_.clear();
  for (size_t i = 0; i < newcomers; ++i) {
    meetings_.push_back(from + static_cast<size_t>(random.Below(size)));
    __builtin_prefetch(&entries_[meetings_.back()]);
  }
  for (const size_t meeting : meetings_) {
    const std::span<dht::Contact> full = std::span(table_).subspan(begin, held);
    const Entry& other = entries_[meeting];
    const dht::Contact newcomer = ContactOf(own, other, random);
    const std::optional<size_t> victim =
        variant_.ChooseVictim({own.id, bit, full, deeper}, newcomer);
    if (!victim.has_value()) continue;
    const bool is_known = std::any_of(full.begin(), full.end(), [&](const dht::Contact& contact) {
      return contact.id == other.id;
    });
    if (!is_known) full[*victim] = newcomer;
  }
}

}  // namespace starling::sim
