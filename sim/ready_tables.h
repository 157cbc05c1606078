// The routing tables that the nodes of a converged network have, without the traffic that leads to
// them: of all nodes that share exactly b leading bits with an id, its bucket b holds as many as
// find room, drawn at random. Made from the sorted list of ids, in which those nodes are
// neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "dht/contact.h"
#include "sim/world.h"

namespace starling::sim {

class ReadyTables {
 public:
  struct Entry {
    NodeId id;
    NodeIndex node;
    Coordinates home;
    uint32_t place;  // of the caller's choice
  };

  ReadyTables(const World& world, size_t bucket_size) : world_(world), bucket_size_(bucket_size) {}

  void Add(const NodeId& id, NodeIndex node, uint32_t place);
  void Sort();
  size_t size() const { return entries_.size(); }
  const Entry& operator[](size_t position) const { return entries_[position]; }
  // The table of the node at `position`; good until the next call.
  std::span<const dht::Contact> TableOf(size_t position, Random& random);

 private:
  void Draw(size_t from, size_t size, Random& random);

  const World& world_;
  size_t bucket_size_;
  std::vector<Entry> entries_;
  // Kept from call to call, so that a million tables allocate nothing.
  std::vector<size_t> picks_;
  std::vector<dht::Contact> table_;
};

}  // namespace starling::sim
