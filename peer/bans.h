// Who is not let in again. A public address is banned whole; behind a private or loopback one stand
// many peers, so there only the endpoint and the peer id are banned.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/endpoint.h"
#include "base/id.h"

namespace starling::peer {

class Bans {
 public:
  static constexpr size_t kMax = 1000;  // beyond, the oldest is forgotten

  void Ban(const Endpoint& endpoint, const PeerId& peer_id);
  bool IsBanned(const Endpoint& endpoint) const;
  bool IsBanned(const PeerId& peer_id) const { return ids_.contains(peer_id); }

 private:
  struct Entry {
    Endpoint endpoint;
    PeerId peer_id;
  };
  static Endpoint KeyOf(const Endpoint& endpoint);

  std::vector<Entry> entries_;  // a ring once it is full
  size_t oldest_ = 0;
  absl::flat_hash_set<Endpoint> endpoints_;  // never walked
  absl::flat_hash_set<PeerId> ids_;
};

}  // namespace starling::peer
