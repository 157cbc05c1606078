// One whole participant: a DHT node and torrents behind the seams, without any I/O of its own. The
// same object runs in the program and, thousands of times, in the simulator.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "base/seams.h"
#include "base/time.h"
#include "dht/node.h"
#include "node/events.h"
#include "node/options.h"
#include "peer/choker.h"
#include "storage/piece_store.h"

namespace starling {

// The world as a Client sees it. All must outlive it.
struct ClientSeams {
  DatagramPort& datagrams;
  Dialer& dialer;
  storage::Storage& storage;
  Resolver& resolver;
  HttpClient& http;
  Random& random;
  EventSink& events;
};

enum class TorrentPhase {
  kLookingForMetadata,
  kChecking,  // hashing what lies on the disk
  kDownloading,
  kSeeding,  // every wanted piece is had
  kFailed,
};

struct TorrentStatus {  // what `progress` of docs/json.md says
  InfoHash info_hash;
  std::string name;
  TorrentPhase phase = TorrentPhase::kLookingForMetadata;
  uint64_t have_bytes = 0;     // verified, of the wanted ones
  uint64_t total_bytes = 0;    // wanted
  uint64_t checked_bytes = 0;  // while kChecking
  uint64_t down_rate = 0;      // bytes a second, payload
  uint64_t up_rate = 0;
  uint64_t downloaded = 0;
  uint64_t uploaded = 0;
  uint32_t peer_set = 0;  // known addresses
  uint32_t connected = 0;
  uint32_t active = 0;   // unchoked by us or unchoking us: the active peer set
  uint32_t seeders = 0;  // among the connected
  uint32_t leechers = 0;
  double availability = 0;  // copies of the rarest piece, and the share of pieces with one more
  uint32_t lookups_running = 0;
  uint32_t trackers_asked = 0;
  std::optional<Duration> first_peer_after;  // since Add
  std::optional<Duration> metadata_after;
};

struct ClientStatus {
  dht::Stats dht;
  uint32_t connected = 0;
  uint64_t uploaded = 0;
  uint64_t downloaded = 0;
  uint64_t wasted = 0;  // of the downloaded: had already, or in pieces that failed
};

// What a DHT node of a Client with these `options` is told.
dht::Options DhtOptions(const ClientOptions& options);

class Client {
 public:
  Client(const ClientOptions& options, const ClientSeams& seams);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Events.
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes);
  // One that is no DHT message and came through another `port` than that of the seams.
  void OnOtherDatagram(Time now, DatagramPort& port, const Endpoint& from, ByteView bytes);
  void Accept(Time now, std::unique_ptr<Stream> stream);
  void OnDeadline(Time now);
  Time next_deadline() const;
  // It will soon be told something: fetches what nearly every event needs into the cache. For hosts
  // of so many Clients that each event finds a cold one.
  void Prefetch() const;

  // Commands.
  void Start(Time now);  // bootstraps the DHT
  // A torrent that is there already is refused with AlreadyExists.
  absl::StatusOr<TorrentId> Add(Time now, const TorrentOptions& torrent);
  void Remove(Time now, TorrentId torrent);
  // Says goodbye to trackers and peers; afterwards only destruction makes sense. Answers to the
  // goodbyes may be awaited until `has_goodbyes()` is false.
  void Stop(Time now);
  bool has_goodbyes() const;

  // Queries.
  std::vector<TorrentId> torrents() const;
  TorrentStatus status(Time now, TorrentId torrent) const;
  ClientStatus status(Time now) const;
  // One view a connection past its handshake, as the choker sees them.
  void AppendPeers(Time now, TorrentId torrent, std::vector<peer::PeerView>* peers) const;
  // Null until it is known.
  std::shared_ptr<const storage::Metainfo> metainfo(TorrentId torrent) const;
  dht::Node* dht();  // null without DHT

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling
