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
  if (held_ == nullptr) held_ = std::make_unique<Held>();
  Entry entry{source, source.port, now_s + kLifetimeS, is_seed};
  entry.peer.port = port;

  auto found = held_->swarms.find(info_hash);
  if (found != held_->swarms.end() && Refresh(found->second, entry)) return true;
  const bool is_full = IsFull(found == held_->swarms.end());
  if (!MayAdd(source, is_full)) return false;
  if (is_full && !MakeRoom(info_hash)) return false;
  if (found == held_->swarms.end()) {
    found = held_->swarms.try_emplace(info_hash).first;
    held_->distances.insert(DistanceTo(info_hash));
  }
  Add(found->second, entry);
  return true;
}

// Is it a peer that we know, or one too many of its source or of its network, which then takes the
// place of an old one of them?
bool PeerStore::Refresh(Swarm& swarm, const Entry& announced) {
  const Endpoint source = SourceOfEntry(announced);
  const uint64_t network = announced.peer.prefix();
  const bool is_private = announced.peer.is_private();
  size_t of_source = 0;
  size_t of_network = 0;
  Entry* oldest_of_source = nullptr;
  Entry* oldest_of_network = nullptr;
  for (Entry& entry : swarm.entries) {
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
  const auto found = held_->counts.find(source_or_network);
  return found == held_->counts.end() ? 0 : found->second;
}

void PeerStore::Add(Swarm& swarm, const Entry& entry) {
  std::vector<Entry>& entries = swarm.entries;
  if (entries.empty()) swarm.none_expires_before_s = entry.expires_s;
  if (entries.size() >= limits_.peers_per_infohash_max) {
    const auto oldest =
        std::min_element(entries.begin(), entries.end(),
                         [](const Entry& a, const Entry& b) { return a.expires_s < b.expires_s; });
    Forget(*oldest);
    entries.erase(oldest);
  }
  entries.push_back(entry);
  Remember(entry);
}

// nullptr if nobody of the swarm is left.
PeerStore::Swarm* PeerStore::FindAlive(Time now, const InfoHash& info_hash) {
  if (held_ == nullptr) return nullptr;
  const auto found = held_->swarms.find(info_hash);
  if (found == held_->swarms.end()) return nullptr;
  Expire(ToStamp(now), found->second);
  if (!found->second.entries.empty()) return &found->second;
  Drop(found);
  return nullptr;
}

PeerStore::PeerSample PeerStore::Sample(Time now, const InfoHash& info_hash, Random& random,
                                        size_t count_max, bool with_seeds) {
  PeerSample sample;
  Swarm* found = FindAlive(now, info_hash);
  if (found == nullptr) return sample;
  std::vector<Entry>& swarm = found->entries;
  const size_t count = std::min({count_max, kSampleMax, swarm.size()});
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
    sample.push_back(swarm[i].peer);
  }
  return sample;
}

bool PeerStore::Count(Time now, const InfoHash& info_hash, BloomFilter& seeds, BloomFilter& peers) {
  Swarm* found = FindAlive(now, info_hash);
  if (found == nullptr) return false;
  for (Entry& entry : found->entries) {
    // A hash for each peer is too much for each query, so it is made once.
    if (!std::exchange(entry.has_places, true)) entry.places = BloomFilter::PlacesOf(entry.peer);
    (entry.is_seed ? seeds : peers).Add(entry.places);
  }
  return true;
}

std::span<const InfoHash> PeerStore::SampleInfohashes(Time now, Random& random) {
  const uint32_t now_s = ToStamp(now);
  if (sample_ == nullptr) sample_ = std::make_unique<InfohashSample>();
  if (!sample_->IsDue(now_s, infohashes())) return sample_->samples();
  if (now_s >= expire_all_at_s_) ExpireAll(now_s);
  sample_->Begin(now_s);
  if (held_ != nullptr) {
    for (const InfoHash& distance : held_->distances) sample_->Offer(DistanceTo(distance), random);
  }
  sample_->End(random);
  return sample_->samples();
}

void PeerStore::MoveTo(const NodeId& own_id) {
  if (held_ != nullptr) {
    Distances moved;
    for (const InfoHash& distance : held_->distances) {
      moved.insert(Distance(DistanceTo(distance), own_id));
    }
    held_->distances = std::move(moved);
  }
  own_id_ = own_id;
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

// Makes room for it, or for one more of its peers, at the cost of those farther away.
bool PeerStore::MakeRoom(const InfoHash& info_hash) {
  const bool is_new = !held_->swarms.contains(info_hash);
  const InfoHash distance = DistanceTo(info_hash);
  while (IsFull(is_new)) {
    if (held_->distances.empty()) return false;
    const InfoHash farthest = *std::prev(held_->distances.end());
    if (!IsNearer()(distance, farthest)) return false;
    Drop(held_->swarms.find(DistanceTo(farthest)));
  }
  return true;
}

void PeerStore::Expire(uint32_t now_s, Swarm& swarm) {
  if (now_s < swarm.none_expires_before_s) return;
  std::vector<Entry>& entries = swarm.entries;
  uint32_t soonest = ~uint32_t{0};
  for (size_t i = 0; i < entries.size();) {
    if (entries[i].expires_s > now_s) {
      soonest = std::min(soonest, entries[i].expires_s);
      ++i;
      continue;
    }
    Forget(entries[i]);
    entries[i] = entries.back();
    entries.pop_back();
  }
  swarm.none_expires_before_s = soonest;
}

void PeerStore::ExpireAll(uint32_t now_s) {
  expire_all_at_s_ = now_s + kExpireAllEveryS;
  if (held_ == nullptr) return;
  for (auto at = held_->distances.begin(); at != held_->distances.end();) {
    const InfoHash distance = *at++;
    const auto swarm = held_->swarms.find(DistanceTo(distance));
    Expire(now_s, swarm->second);
    if (!swarm->second.entries.empty()) continue;
    Drop(swarm);
    at = held_->distances.upper_bound(distance);
  }
  if (held_->distances.empty()) held_.reset();  // a table never gives back its room by itself
}

void PeerStore::Drop(Swarms::iterator swarm) {
  for (const Entry& entry : swarm->second.entries) Forget(entry);
  held_->distances.erase(DistanceTo(swarm->first));
  held_->swarms.erase(swarm);
}

void PeerStore::Remember(const Entry& entry) {
  ++peers_;
  ++held_->counts[SourceOfEntry(entry)];
  if (!entry.peer.is_private()) ++held_->counts[NetworkOf(entry.peer)];
}

void PeerStore::Forget(const Entry& entry) {
  --peers_;
  Uncount(SourceOfEntry(entry));
  if (!entry.peer.is_private()) Uncount(NetworkOf(entry.peer));
}

void PeerStore::Uncount(const Endpoint& source_or_network) {
  const auto found = held_->counts.find(source_or_network);
  if (--found->second == 0) held_->counts.erase(found);
}

}  // namespace starling::dht
