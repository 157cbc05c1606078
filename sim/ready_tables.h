// The routing tables that the nodes of a converged network have, without the traffic that leads to
// them: of all nodes that share exactly b leading bits with an id, its bucket b holds as many as
// find room, drawn at random, or those of them that the nodes' lookup variant prefers. Made from
// the sorted list of ids, in which those nodes are neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "dht/contact.h"
#include "dht/lookup_variant.h"
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

  // `variant` says how large buckets are and, where it replaces contacts, whom they keep of
  // `candidates` nodes for each place: of so many a node has heard in the course of time.
  ReadyTables(const World& world, const dht::LookupVariant& variant, size_t candidates = 8)
      : world_(world), variant_(variant), candidates_(candidates) {}

  void Add(const NodeId& id, NodeIndex node, uint32_t place);
  void Sort();
  size_t size() const { return entries_.size(); }
  const Entry& operator[](size_t position) const { return entries_[position]; }
  // Of a node that is among them.
  size_t PositionOf(const NodeId& id) const;
  // The table of the node at `position`; good until the next call.
  std::span<const dht::Contact> TableOf(size_t position, Random& random);

 private:
  void Draw(size_t from, size_t size, size_t room, Random& random);
  dht::Contact ContactOf(const Entry& own, const Entry& other, Random& random) const;
  void Improve(const Entry& own, size_t bit, size_t from, size_t size, size_t deeper,
               Random& random);

  const World& world_;
  const dht::LookupVariant& variant_;
  size_t candidates_;
  std::vector<Entry> entries_;
  // Kept from call to call, so that a million tables allocate nothing.
  std::vector<size_t> picks_;
  std::vector<size_t> meetings_;
  std::vector<dht::Contact> table_;
};

}  // namespace starling::sim
