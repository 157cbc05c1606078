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
  if (const auto count = per_source_.find(SourceOf(source));
      count != per_source_.end() && count->second >= kPerSourceMax) {
    return false;
  }
  if (found == swarms_.end() || peers_ >= limits_.peers_max) {
    if (!MakeRoom(distance)) return false;
    found = swarms_.try_emplace(distance).first;
  }
  std::vector<Entry>& swarm = found->second;
  if (swarm.size() >= limits_.peers_per_infohash_max) {
    const auto oldest =
        std::min_element(swarm.begin(), swarm.end(),
                         [](const Entry& a, const Entry& b) { return a.expires_s < b.expires_s; });
    Forget(*oldest);
    swarm.erase(oldest);
  }
  swarm.push_back(entry);
  ++per_source_[SourceOf(source)];
  ++peers_;
  return true;
}

// Is it a peer that we know, or one too many of its source, which then takes an old one's place?
bool PeerStore::Refresh(std::vector<Entry>& swarm, const Entry& announced) {
  const Endpoint source = SourceOfEntry(announced);
  size_t count = 0;
  Entry* oldest = nullptr;
  for (Entry& entry : swarm) {
    if (entry.peer == announced.peer) {
      entry.expires_s = announced.expires_s;
      entry.is_seed = announced.is_seed;
      return true;
    }
    if (SourceOfEntry(entry) != source) continue;
    ++count;
    if (oldest == nullptr || entry.expires_s < oldest->expires_s) oldest = &entry;
  }
  if (count < kPerSourceAndInfoHashMax) return false;
  *oldest = announced;
  return true;
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
  const auto is_full = [&] {
    return peers_ >= limits_.peers_max || (is_new && swarms_.size() >= limits_.infohashes_max);
  };
  while (is_full()) {
    if (swarms_.empty()) return false;
    const auto farthest = std::prev(swarms_.end());
    if (!(distance < farthest->first)) return false;
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

void PeerStore::Forget(const Entry& entry) {
  --peers_;
  const auto count = per_source_.find(SourceOfEntry(entry));
  if (--count->second == 0) per_source_.erase(count);
}

}  // namespace starling::dht
