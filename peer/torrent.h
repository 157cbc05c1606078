// One swarm as we take part in it: the peer set (known), the active peer set (connected), what each
// piece's state is, and the conversation with each peer. Events in, calls out; no I/O of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/bitfield.h"
#include "base/deadlines.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/random.h"
#include "base/seams.h"
#include "base/token_bucket.h"
#include "peer/choker.h"
#include "peer/handshake.h"
#include "peer/piece_policy.h"
#include "storage/piece_store.h"

namespace starling::peer {

class Torrent;

// Where an address came from; candidates from trusted sources are tried first.
enum class PeerSource : uint8_t { kUser, kTracker, kDht, kPeerExchange, kIncoming };

// What a torrent tells the node around it. May do anything from inside, except destroy the torrent
// that calls (the Client does that from its own deadline).
class TorrentHandler {
 public:
  virtual ~TorrentHandler() = default;
  virtual void OnMetadata(Time now, Torrent& torrent, bool from_peers) = 0;
  virtual void OnChecked(Time now, Torrent& torrent) = 0;
  virtual void OnPieceFailed(Time now, Torrent& torrent, PieceIndex piece) = 0;
  virtual void OnPeerBanned(Time now, Torrent& torrent, const Endpoint& peer,
                            absl::string_view why) = 0;
  virtual void OnComplete(Time now, Torrent& torrent) = 0;
  virtual void OnFailed(Time now, Torrent& torrent, const absl::Status& why) = 0;
  // A peer named its DHT port (BEP 5). Never called for private torrents.
  virtual void OnDhtNode(Time now, const Endpoint& node) = 0;
  // A connection was made (handshake done), in either direction.
  virtual void OnConnected(Time now, Torrent& torrent, const Endpoint& peer, bool incoming) = 0;
  // Someone became interested or left: the choker may want to fill a slot now.
  virtual void OnSlotMayBeFree(Time now) = 0;
  // The whole node's limit: may one more connection be dialled?
  virtual bool MayDial() const = 0;
  virtual ConnectionId NextConnectionId() = 0;
};

// The Client's budget for payload that is not yet on the disk, shared by its torrents. Charged by
// buffer capacity, pieces being hashed or written included.
class UnfinishedMemory {
 public:
  explicit UnfinishedMemory(uint64_t limit) : limit_(limit) {}
  void Charge(uint64_t bytes) { used_ += bytes; }
  void Release(uint64_t bytes) { used_ -= bytes; }
  uint64_t used() const { return used_; }
  uint64_t limit() const { return limit_; }
  bool nearly_full() const { return used_ * 10 >= limit_ * 9; }
  bool full() const { return used_ >= limit_; }

 private:
  uint64_t limit_;
  uint64_t used_ = 0;
};

// What a torrent works with. All outlive it.
struct TorrentSeams {
  Dialer& dialer;
  storage::Storage& storage;
  Random& random;
  Deadlines& deadlines;
  TokenBucket& down_limit;  // of the whole node
  TokenBucket& up_limit;
  UnfinishedMemory& memory;
  TorrentHandler& handler;
};

struct TorrentConfig {
  InfoHash info_hash;
  PeerId own_id;
  std::shared_ptr<const storage::Metainfo> metainfo;  // null: to be fetched from peers (BEP 9)
  storage::StoreOptions store;
  std::vector<std::string> select;  // glob patterns over file paths; empty: everything
  // File index ranges of a magnet's `so`, inclusive; empty: everything.
  std::vector<std::pair<uint32_t, uint32_t>> select_only;
  PiecePolicyFactory piece_policy;  // empty: rarest first
  uint32_t connections_max = 50;
  uint16_t listen_port = 0;          // told to peers (extension handshake `p`); 0: none
  uint16_t dht_port = 0;             // told by PORT messages; 0: no DHT
  bool peer_exchange = true;         // off by itself for private torrents
  bool first_copies = true;          // peer/first_copies.h, where it begins as a seed
  std::string version = "starling";  // extension handshake `v`
  uint64_t down_rate = 0;            // of this torrent; 0: unlimited
  uint64_t up_rate = 0;
};

struct TorrentCounts {
  uint64_t wanted_bytes = 0;
  uint64_t have_bytes = 0;      // verified, of the wanted
  uint32_t pieces_checked = 0;  // while the store checks
  uint64_t downloaded = 0;      // payload
  uint64_t uploaded = 0;
  uint64_t wasted = 0;     // payload received twice or in failed pieces
  uint64_t down_rate = 0;  // bytes a second, last few seconds
  uint64_t up_rate = 0;
  uint32_t peer_set = 0;   // known addresses
  uint32_t connected = 0;  // handshake done
  uint32_t dialling = 0;
  uint32_t active = 0;  // unchoked by us or unchoking us
  uint32_t seeders = 0;
  uint32_t leechers = 0;
  double availability = 0;
};

class Torrent {
 public:
  enum class Phase { kLookingForMetadata, kChecking, kDownloading, kSeeding, kFailed };

  Torrent(const TorrentConfig& config, const TorrentSeams& seams);
  ~Torrent();
  Torrent(const Torrent&) = delete;
  Torrent& operator=(const Torrent&) = delete;

  void Start(Time now);  // opens the store if the metainfo is there
  void AddCandidates(Time now, std::span<const Endpoint> peers, PeerSource source);
  // An incoming connection whose handshake named us. `rest` is what followed the handshake.
  void Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake, Slice rest);
  // Forgets candidates and connections that came from the DHT or peer exchange: the torrent turned
  // out to be private (BEP 27).
  void DropUnlessFromTracker(Time now);
  void SetDhtPort(uint16_t port);

  // For the choker: one view a connection past its handshake, in ConnectionId order.
  void AppendViews(Time now, std::vector<PeerView>* views) const;
  void Apply(Time now, std::span<const Verdict> verdicts);  // unknown ids are ignored

  Phase phase() const;
  const InfoHash& info_hash() const;
  const std::shared_ptr<const storage::Metainfo>& metainfo() const;  // null until known
  const Bitfield* have() const;                                      // null until the store is open
  TorrentCounts counts(Time now) const;
  bool is_private() const;
  // Connections, those being dialled included. Cheap, unlike counts().
  uint32_t connections() const;
  // How many more candidates it could use now: 0 when complete or at its limit.
  uint32_t candidates_wanted() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling::peer
