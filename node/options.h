// Every option of a node and of a torrent, in plain structs with the defaults of the program.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"
#include "dht/lookup_variant.h"
#include "dht/secure_id.h"
#include "peer/choker.h"
#include "peer/piece_policy.h"
#include "storage/magnet.h"
#include "storage/metainfo.h"
#include "storage/piece_store.h"

namespace starling {

// When trackers are asked. Private torrents ask only trackers, whatever this says.
enum class TrackerRule {
  kFallback,  // the DHT first; trackers when it gave fewer than 30 peers in 5 s or cannot start
  kAlways,
  kNever,
};

using HostPort = std::pair<std::string, uint16_t>;

struct ClientOptions {
  bool dht = true;
  // The DHT stays silent until there is a torrent that may use it: with only private ones (BEP 27)
  // no packet leaves.
  bool dht_waits_for_torrent = false;
  std::vector<HostPort> dht_routers;  // replaces the well-known ones; see kWellKnownRouters
  NodeId dht_id;                      // zero: random
  std::string dht_snapshot;           // a saved table, or empty
  bool dht_read_only = false;         // BEP 43: ask, never answer
  // BEP 42: ids bound to addresses; our own always is, once we know our address.
  dht::IdSecurity dht_security = dht::IdSecurity::kPrefer;
  bool dht_follows_address = true;
  // BEP 43, by itself: read-only while no stranger asks us, in a network of so many nodes or more;
  // 0: never.
  uint32_t dht_strangers_expected_from = 10'000;
  // What the DHT answers at most, to one source and to all together; 0: what dht::Options says.
  uint32_t dht_source_queries_per_second = 0;
  uint32_t dht_source_bytes_per_second = 0;
  uint32_t dht_queries_per_second = 0;
  // How the DHT is asked, and whom its tables keep; by name: dht/variant_registry.h. Empty: plain
  // in a Client, the default variant in a RealNode.
  dht::LookupVariantPointer dht_lookup;
  TrackerRule trackers = TrackerRule::kFallback;
  uint64_t down_rate = 0;  // bytes a second for the whole node; 0: unlimited
  uint64_t up_rate = 0;
  peer::ChokerFactory choker;  // empty: mainline tit-for-tat; by name: peer/choker_registry.h
  peer::PiecePolicyFactory piece_policy;  // empty: rarest first; by name: peer/piece_policy.h
  bool first_copies = true;  // a seed gives every piece once before any twice, as far as it can
  uint32_t peers_max = 200;  // connections in all
  uint32_t peers_per_torrent_max = 50;
  uint64_t unfinished_memory_max = 32 << 20;  // budget for pieces that are not yet on the disk
  uint16_t listen_port = 0;                   // what we announce; 0: we take no connections
  std::optional<PeerId> peer_id;              // BEP 20; drawn if absent
};

// The routers of the Mainline DHT that everybody starts from.
std::vector<HostPort> WellKnownRouters();

struct TorrentOptions {
  // One of the two names the torrent.
  std::shared_ptr<const storage::Metainfo> metainfo;
  std::optional<storage::Magnet> magnet;

  std::string dir = ".";
  std::vector<std::string> select;  // glob patterns over file paths; empty: everything
  bool sequential = false;          // whatever the piece policy of the node is
  bool seed_only = false;           // never write; pieces missing in `dir` are not fetched
  storage::Existing existing = storage::Existing::kHash;
  std::vector<Endpoint> peers;  // to try first
  uint64_t down_rate = 0;       // of this torrent; 0: unlimited
  uint64_t up_rate = 0;
};

}  // namespace starling
