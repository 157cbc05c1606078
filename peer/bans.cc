#include "peer/bans.h"

namespace starling::peer {

Endpoint Bans::KeyOf(const Endpoint& endpoint) {
  Endpoint key = endpoint;
  if (!key.is_private() && !key.is_loopback()) key.port = 0;
  return key;
}

void Bans::Ban(const Endpoint& endpoint, const PeerId& peer_id) {
  const Entry entry{KeyOf(endpoint), peer_id};
  const bool known_endpoint = !endpoints_.insert(entry.endpoint).second;
  const bool known_id = peer_id.is_zero() || !ids_.insert(peer_id).second;
  if (known_endpoint && known_id) return;
  if (entries_.size() < kMax) {
    entries_.push_back(entry);
    return;
  }
  endpoints_.erase(entries_[oldest_].endpoint);
  ids_.erase(entries_[oldest_].peer_id);
  entries_[oldest_] = entry;
  oldest_ = (oldest_ + 1) % kMax;
}

bool Bans::IsBanned(const Endpoint& endpoint) const { return endpoints_.contains(KeyOf(endpoint)); }

}  // namespace starling::peer
