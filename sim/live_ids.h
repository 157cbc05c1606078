// The ids of all nodes that are up, sorted: the oracle that knows what a lookup should find.
// Finding the closest to a target touches a few cache lines, however many nodes there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/id.h"

namespace starling::sim {

class LiveIds {
 public:
  struct Entry {
    NodeId id;
    uint32_t node;
    auto operator<=>(const Entry&) const = default;
  };

  void Reserve(size_t size) { entries_.reserve(size); }
  // Unsorted, many at once; Sort() before anything else.
  void Append(const NodeId& id, uint32_t node) { entries_.push_back({id, node}); }
  void Sort();
  void Add(const NodeId& id, uint32_t node);
  void Remove(const NodeId& id, uint32_t node);

  size_t size() const { return entries_.size(); }
  const Entry& operator[](size_t index) const { return entries_[index]; }
  std::span<const Entry> entries() const { return entries_; }
  // Nearest first; returns how many there are, at most `closest.size()`.
  size_t Closest(const NodeId& target, std::span<Entry> closest) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace starling::sim
