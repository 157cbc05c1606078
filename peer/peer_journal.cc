#include "peer/peer_journal.h"

#include <algorithm>

namespace starling::peer {

std::vector<PeerJournal::Present>::iterator PeerJournal::Find(const Endpoint& endpoint) {
  return std::find_if(present_.begin(), present_.end(),
                      [&](const Present& peer) { return peer.endpoint == endpoint; });
}

bool PeerJournal::IsPresent(const Endpoint& endpoint) const {
  return std::any_of(present_.begin(), present_.end(),
                     [&](const Present& peer) { return peer.endpoint == endpoint; });
}

void PeerJournal::Come(const Endpoint& endpoint, uint8_t flags) {
  if (!endpoint.is_usable()) return;
  const auto known = Find(endpoint);
  if (known != present_.end()) {
    ++known->connections;
    return;
  }
  present_.push_back({endpoint, flags, 1, ++now_.came});
}

void PeerJournal::Go(const Endpoint& endpoint) {
  const auto known = Find(endpoint);
  if (known == present_.end() || --known->connections > 0) return;
  if (gone_.size() == kGoneMax) gone_.erase(gone_.begin());
  gone_.push_back({endpoint, known->came, ++now_.went});
  present_.erase(known);
}

// No news by itself: who hears of the peer from now on hears that it is a seed.
void PeerJournal::SetSeed(const Endpoint& endpoint) {
  const auto known = Find(endpoint);
  if (known != present_.end()) known->flags |= kPexSeeder;
}

PexMessage PeerJournal::Since(const Endpoint& receiver, Mark* mark) const {
  PexMessage message;
  const uint32_t told_came = mark->came;
  const auto fresh =
      std::partition_point(present_.begin(), present_.end(),
                           [&](const Present& peer) { return peer.came <= told_came; });
  for (auto peer = fresh; peer != present_.end(); ++peer) {
    if (message.added.size() >= kPexSentMax) break;
    mark->came = peer->came;
    if (peer->endpoint != receiver) message.added.push_back({peer->endpoint, peer->flags});
  }
  if (fresh == present_.end() || mark->came == present_.back().came) mark->came = now_.came;
  const auto left = std::partition_point(gone_.begin(), gone_.end(),
                                         [&](const Gone& peer) { return peer.went <= mark->went; });
  for (auto peer = left; peer != gone_.end(); ++peer) {
    if (message.dropped.size() >= kPexSentMax) break;
    mark->went = peer->went;
    const bool was_told = peer->came <= told_came && peer->endpoint != receiver;
    if (was_told && !IsPresent(peer->endpoint)) message.dropped.push_back(peer->endpoint);
  }
  if (left == gone_.end()) mark->went = now_.went;
  return message;
}

}  // namespace starling::peer
