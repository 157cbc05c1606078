// The peers that others announced to us (BEP 5, announce_peer), for one address family.
//
// Limits: so many info-hashes, so many peers for each, so many in all, and so many for each
// announcing source (a participant as dht/address.h says) and for each network (/24 of IPv4, /48 of
// IPv6; not where addresses are private), so that neither one address nor one network can fill it,
// or fill the list of one info-hash. An entry lives for half an hour after its last announce.
//
// When full, the info-hash that is farthest from our id gives way: the network asks us least for
// that one. But nothing gives way to a network that has more than its share already; else whoever
// announces hashes near our id from a few addresses could push out all others.
//
// For counting it also knows who is a seed, fills the bloom filters of a swarm (BEP 33), and tells
// a fair sample of its info-hashes (BEP 51).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/random.h"
#include "base/time.h"
#include "dht/bloom_filter.h"
#include "dht/infohash_sample.h"

namespace starling::dht {

class PeerStore {
 public:
  // A minute more than the half hour that clients count on, so that one who announces again every
  // 30 minutes is never missing.
  static constexpr Duration kLifetime = minutes(31);
  static constexpr uint32_t kPeersMax = 20'000;
  static constexpr size_t kPerSourceMax = 250;
  static constexpr size_t kPerNetworkMax = 500;
  // Of the info-hashes there may be, what a network may have while others would give way to it.
  static constexpr size_t kShareWhenFull = 16;
  // Peers of one source for one info-hash: several clients share an address behind a NAT.
  static constexpr size_t kPerSourceAndInfoHashMax = 4;
  static constexpr size_t kPerNetworkAndInfoHashMax = 32;

  struct Limits {
    uint32_t infohashes_max;
    uint32_t peers_per_infohash_max;
    uint32_t peers_max : 31 = kPeersMax;
    bool has_shares : 1 = true;  // of sources and networks
  };

  // Of all bytes: strangers choose these keys, and an Id's own hash leaves out some in the middle.
  struct HashWhole {
    size_t operator()(const InfoHash& hash) const {
      return absl::HashOf(
          absl::string_view(reinterpret_cast<const char*>(hash.bytes.data()), InfoHash::kSize));
    }
  };

  PeerStore(const NodeId& own_id, const Limits& limits) : own_id_(own_id), limits_(limits) {}

  // `source` announced that it serves `info_hash` on `port`. False if a limit refuses it.
  bool Announce(Time now, const InfoHash& info_hash, const Endpoint& source, uint16_t port,
                bool is_seed = false);
  // At most kSampleMax different peers, drawn at random. Without `with_seeds` those that are no
  // seeds come first.
  static constexpr size_t kSampleMax = 128;
  using PeerSample = absl::InlinedVector<Endpoint, kSampleMax>;
  PeerSample Sample(Time now, const InfoHash& info_hash, Random& random, size_t count_max,
                    bool with_seeds = true);
  // Adds the addresses of the swarm to the filters; false if it is unknown.
  bool Count(Time now, const InfoHash& info_hash, BloomFilter& seeds, BloomFilter& peers);
  // At most InfohashSample::kSamplesMax, in random order; good until the next call.
  std::span<const InfoHash> SampleInfohashes(Time now, Random& random);
  // Our id is another one now.
  void MoveTo(const NodeId& own_id);

  size_t infohashes() const { return held_ == nullptr ? 0 : held_->distances.size(); }
  size_t peers() const { return peers_; }

 private:
  struct Entry {
    Endpoint peer;
    uint16_t source_port;  // with the peer's address: where the announce came from
    uint32_t expires_s;
    bool is_seed = false;
    bool has_places = false;  // computed by the first scrape
    BloomFilter::Places places{};
  };
  static_assert(sizeof(Entry) == 32);
  struct Swarm {
    std::vector<Entry> entries;
    uint32_t none_expires_before_s = 0;
  };
  // By the first words first, which nearly always decide.
  struct IsNearer {
    bool operator()(const InfoHash& a, const InfoHash& b) const {
      const auto head_a = LoadBig<uint64_t>(a.bytes.data());
      const auto head_b = LoadBig<uint64_t>(b.bytes.data());
      return head_a != head_b ? head_a < head_b : a < b;
    }
  };
  using Swarms = absl::flat_hash_map<InfoHash, Swarm, HashWhole>;
  using Distances = absl::btree_set<InfoHash, IsNearer>;
  struct Held {
    Swarms swarms;        // found in, never walked: its order is another one in each process
    Distances distances;  // of the info-hashes to our id, so the last one is the farthest
    // How many entries each source has and each public network. Found in, never walked.
    absl::flat_hash_map<Endpoint, uint32_t> counts;
  };

  static InfoHash Distance(const InfoHash& info_hash, const NodeId& id);
  InfoHash DistanceTo(const InfoHash& info_hash) const;
  static Endpoint SourceOfEntry(const Entry& entry);
  bool Refresh(Swarm& swarm, const Entry& announced);
  void Add(Swarm& swarm, const Entry& entry);
  bool MayAdd(const Endpoint& source, bool is_full) const;
  size_t CountOf(const Endpoint& source_or_network) const;
  void Uncount(const Endpoint& source_or_network);
  bool IsFull(bool is_new_infohash) const {
    return peers_ >= limits_.peers_max ||
           (is_new_infohash && infohashes() >= limits_.infohashes_max);
  }
  bool MakeRoom(const InfoHash& info_hash);
  Swarm* FindAlive(Time now, const InfoHash& info_hash);
  void Expire(uint32_t now_s, Swarm& swarm);
  void ExpireAll(uint32_t now_s);
  void Drop(Swarms::iterator swarm);
  void Remember(const Entry& entry);
  void Forget(const Entry& entry);

  NodeId own_id_;
  uint32_t expire_all_at_s_ = 0;
  Limits limits_;
  uint32_t peers_ = 0;
  std::unique_ptr<Held> held_;              // while somebody is held
  std::unique_ptr<InfohashSample> sample_;  // since somebody first asked
};

}  // namespace starling::dht
