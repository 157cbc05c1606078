#include "dht/peer_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dht/address.h"
#include "dht/contact.h"

namespace starling::dht {
namespace {

constexpr uint32_t kLifetimeS = std::chrono::duration_cast<seconds>(PeerStore::kLifetime).count();
constexpr uint32_t kExpireAllEveryS = 60;

// What Endpoint::prefix() names, as the address that all of a public network have in common; the
// port tells it from a source.
Endpoint NetworkOf(const Endpoint& endpoint) {
  const size_t bytes = endpoint.is_v4() ? 15 : 6;
  Endpoint network;
  std::copy_n(endpoint.address.begin(), bytes, network.address.begin());
  network.port = 0xffff;
  return network;
}

}  // namespace

bool PeerStore::Announce(Time now, const InfoHash& info_hash, const Endpoint& source, uint16_t port,
                         bool is_seed) {
  const uint32_t now_s = ToStamp(now);
  if (now_s >= expire_all_at_s_) ExpireAll(now_s);
  Entry entry{source, source.port, now_s + kLifetimeS, is_seed};
  entry.peer.port = port;

  const InfoHash distance = DistanceTo(info_hash);
  auto found = swarms_.find(distance);
  if (found != swarms_.end() && Refresh(found->second, entry)) return true;
  const bool is_full = IsFull(found == swarms_.end());
  if (!MayAdd(source, is_full)) return false;
  if (is_full) {
    if (!MakeRoom(distance)) return false;
    found = swarms_.end();  // what was found may have moved
  }
  if (found == swarms_.end()) found = swarms_.try_emplace(distance).first;
  Add(found->second, entry);
  return true;
}

// Is it a peer that we know, or one too many of its source or of its network, which then takes the
// place of an old one of them?
bool PeerStore::Refresh(std::vector<Entry>& swarm, const Entry& announced) {
  const Endpoint source = SourceOfEntry(announced);
  const uint64_t network = announced.peer.prefix();
  const bool is_private = announced.peer.is_private();
  size_t of_source = 0;
  size_t of_network = 0;
  Entry* oldest_of_source = nullptr;
  Entry* oldest_of_network = nullptr;
  for (Entry& entry : swarm) {
    if (entry.peer.prefix() != network) continue;  // so it has another source too
    if (entry.peer == announced.peer) {
      entry.expires_s = announced.expires_s;
      entry.is_seed = announced.is_seed;
      return true;
    }
    ++of_network;
    if (oldest_of_network == nullptr || entry.expires_s < oldest_of_network->expires_s) {
      oldest_of_network = &entry;
    }
    if (SourceOfEntry(entry) != source) continue;
    ++of_source;
    if (oldest_of_source == nullptr || entry.expires_s < oldest_of_source->expires_s) {
      oldest_of_source = &entry;
    }
  }
  Entry* replaced = nullptr;
  if (of_source >= kPerSourceAndInfoHashMax) {
    replaced = oldest_of_source;
  } else if (of_network >= kPerNetworkAndInfoHashMax && !is_private) {
    replaced = oldest_of_network;
  }
  if (replaced == nullptr || !limits_.has_shares) return false;
  Forget(*replaced);
  *replaced = announced;
  Remember(announced);
  return true;
}

bool PeerStore::MayAdd(const Endpoint& source, bool is_full) const {
  if (!limits_.has_shares) return true;
  if (CountOf(SourceOf(source)) >= kPerSourceMax) return false;
  if (source.is_private()) return true;
  const size_t share = std::max<size_t>(limits_.infohashes_max / kShareWhenFull, 1);
  return CountOf(NetworkOf(source)) < (is_full ? std::min(share, kPerNetworkMax) : kPerNetworkMax);
}

size_t PeerStore::CountOf(const Endpoint& source_or_network) const {
  const auto found = counts_.find(source_or_network);
  return found == counts_.end() ? 0 : found->second;
}

void PeerStore::Add(std::vector<Entry>& swarm, const Entry& entry) {
  if (swarm.size() >= limits_.peers_per_infohash_max) {
    const auto oldest =
        std::min_element(swarm.begin(), swarm.end(),
                         [](const Entry& a, const Entry& b) { return a.expires_s < b.expires_s; });
    Forget(*oldest);
    swarm.erase(oldest);
  }
  swarm.push_back(entry);
  Remember(entry);
}

size_t PeerStore::Sample(Time now, const InfoHash& info_hash, Random& random,
                         std::span<Endpoint> sample, bool with_seeds) {
  auto found = swarms_.find(DistanceTo(info_hash));
  if (found == swarms_.end()) return 0;
  found = Expire(ToStamp(now), found);
  if (found == swarms_.end()) return 0;
  std::vector<Entry>& swarm = found->second;
  const size_t count = std::min(sample.size(), swarm.size());
  if (!with_seeds) {
    const auto others = std::partition(swarm.begin(), swarm.end(),
                                       [](const Entry& entry) { return !entry.is_seed; });
    const auto first = static_cast<size_t>(others - swarm.begin());
    random.Shuffle(std::span(swarm).first(first));
    random.Shuffle(std::span(swarm).subspan(first));
  }
  for (size_t i = 0; i < count; ++i) {
    if (count < swarm.size() && with_seeds) {
      const size_t other = i + static_cast<size_t>(random.Below(swarm.size() - i));
      std::swap(swarm[i], swarm[other]);
    }
    sample[i] = swarm[i].peer;
  }
  return count;
}

bool PeerStore::Count(Time now, const InfoHash& info_hash, BloomFilter& seeds, BloomFilter& peers) {
  auto found = swarms_.find(DistanceTo(info_hash));
  if (found == swarms_.end()) return false;
  found = Expire(ToStamp(now), found);
  if (found == swarms_.end()) return false;
  for (Entry& entry : found->second) {
    // A hash for each peer is too much for each query, so it is made once.
    if (!std::exchange(entry.has_places, true)) entry.places = BloomFilter::PlacesOf(entry.peer);
    (entry.is_seed ? seeds : peers).Add(entry.places);
  }
  return true;
}

std::span<const InfoHash> PeerStore::SampleInfohashes(Time now, Random& random) {
  const uint32_t now_s = ToStamp(now);
  if (sample_ == nullptr) sample_ = std::make_unique<InfohashSample>();
  if (!sample_->IsDue(now_s, swarms_.size())) return sample_->samples();
  if (now_s >= expire_all_at_s_) ExpireAll(now_s);
  sample_->Begin(now_s);
  for (const auto& [distance, swarm] : swarms_) sample_->Offer(DistanceTo(distance), random);
  sample_->End(random);
  return sample_->samples();
}

void PeerStore::MoveTo(const NodeId& own_id) {
  Swarms moved;
  for (auto& [distance, swarm] : swarms_) {
    const InfoHash info_hash = DistanceTo(distance);
    moved[Distance(info_hash, own_id)] = std::move(swarm);
  }
  own_id_ = own_id;
  swarms_ = std::move(moved);
}

InfoHash PeerStore::Distance(const InfoHash& info_hash, const NodeId& id) {
  InfoHash distance;
  for (size_t i = 0; i < InfoHash::kSize; ++i) {
    distance.bytes[i] = info_hash.bytes[i] ^ id.bytes[i];
  }
  return distance;
}

// The way back as well: the info-hash at a distance.
InfoHash PeerStore::DistanceTo(const InfoHash& info_hash) const {
  return Distance(info_hash, own_id_);
}

Endpoint PeerStore::SourceOfEntry(const Entry& entry) {
  Endpoint source = entry.peer;
  source.port = entry.source_port;
  return SourceOf(source);
}

// Makes room for one more info-hash or peer at `distance`, at the cost of those farther away.
bool PeerStore::MakeRoom(const InfoHash& distance) {
  const bool is_new = !swarms_.contains(distance);
  while (IsFull(is_new)) {
    if (swarms_.empty()) return false;
    const auto farthest = std::prev(swarms_.end());
    if (!IsNearer()(distance, farthest->first)) return false;
    Drop(farthest);
  }
  return true;
}

// Returns end() if nothing of the swarm is left.
PeerStore::Swarms::iterator PeerStore::Expire(uint32_t now_s, Swarms::iterator swarm) {
  std::vector<Entry>& entries = swarm->second;
  for (size_t i = 0; i < entries.size();) {
    if (entries[i].expires_s > now_s) {
      ++i;
      continue;
    }
    Forget(entries[i]);
    entries[i] = entries.back();
    entries.pop_back();
  }
  if (!entries.empty()) return swarm;
  swarms_.erase(swarm);
  return swarms_.end();
}

void PeerStore::ExpireAll(uint32_t now_s) {
  expire_all_at_s_ = now_s + kExpireAllEveryS;
  for (auto swarm = swarms_.begin(); swarm != swarms_.end();) {
    const InfoHash distance = swarm->first;
    Expire(now_s, swarm);
    swarm = swarms_.upper_bound(distance);
  }
}

void PeerStore::Drop(Swarms::iterator swarm) {
  for (const Entry& entry : swarm->second) Forget(entry);
  swarms_.erase(swarm);
}

void PeerStore::Remember(const Entry& entry) {
  ++peers_;
  ++counts_[SourceOfEntry(entry)];
  if (!entry.peer.is_private()) ++counts_[NetworkOf(entry.peer)];
}

void PeerStore::Forget(const Entry& entry) {
  --peers_;
  Uncount(SourceOfEntry(entry));
  if (!entry.peer.is_private()) Uncount(NetworkOf(entry.peer));
}

void PeerStore::Uncount(const Endpoint& source_or_network) {
  const auto found = counts_.find(source_or_network);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace starling::dht
