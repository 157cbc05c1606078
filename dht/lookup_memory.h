// Whom the latest lookups found: the nodes closest to their targets, for lookups that follow.
// Whoever looks for the same torrent again, as an announce every half hour does, then begins where
// the last one ended. A ring: the oldest lookup goes first. What is dead by then costs its query
// and nothing else.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "dht/candidate.h"
#include "dht/contact.h"

namespace starling::dht {

class LookupMemory {
 public:
  explicit LookupMemory(size_t lookups_max) : contacts_max_(lookups_max * kPerLookup) {}

  // Of a lookup that ended, nearest first. Those that were known already move to the end.
  void Add(const std::vector<const Candidate*>& closest) {
    const size_t count = std::min(closest.size(), kPerLookup);
    for (size_t i = 0; i < count; ++i) {
      const Endpoint& endpoint = closest[i]->endpoint;
      std::erase_if(contacts_,
                    [&](const Contact& contact) { return contact.endpoint == endpoint; });
      contacts_.push_back({closest[i]->id, endpoint, 0, 0, 0});
    }
    if (contacts_.size() <= contacts_max_) return;
    contacts_.erase(contacts_.begin(),
                    contacts_.end() - static_cast<std::ptrdiff_t>(contacts_max_));
  }

  std::span<const Contact> contacts() const { return contacts_; }

 private:
  static constexpr size_t kPerLookup = 8;
  size_t contacts_max_;
  std::vector<Contact> contacts_;  // oldest first
};

}  // namespace starling::dht
