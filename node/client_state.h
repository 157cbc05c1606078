// What a Client is made of; shared by client.cc (commands and queries) and client_events.cc (what
// comes in from outside and from its torrents).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "base/deadlines.h"
#include "base/token_bucket.h"
#include "dht/node.h"
#include "node/choking.h"
#include "node/client.h"
#include "node/router_names.h"
#include "node/swarm.h"
#include "node/tracker_udp.h"
#include "peer/incoming.h"
#include "peer/torrent.h"

namespace starling {

// Members are destroyed in reverse order: swarms first, what they use afterwards.
struct Client::State final : peer::TorrentHandler,
                             peer::IncomingHandler,
                             dht::AnnounceListener,
                             ChokedTorrents,
                             DeadlineHandler {
  State(const ClientOptions& options, const ClientSeams& seams);
  ~State();

  // peer::TorrentHandler
  void OnMetadata(Time now, peer::Torrent& torrent, bool from_peers) override;
  void OnChecked(Time now, peer::Torrent& torrent) override;
  void OnPieceFailed(Time now, peer::Torrent& torrent, PieceIndex piece) override;
  void OnPeerBanned(Time now, peer::Torrent& torrent, const Endpoint& peer,
                    absl::string_view why) override;
  void OnComplete(Time now, peer::Torrent& torrent) override;
  void OnFailed(Time now, peer::Torrent& torrent, const absl::Status& why) override;
  void OnDhtNode(Time now, const Endpoint& node) override;
  void OnConnected(Time now, peer::Torrent& torrent, const Endpoint& peer, bool incoming) override;
  void OnSlotMayBeFree(Time now) override;
  bool MayDial() const override;
  peer::ConnectionId NextConnectionId() override;
  // peer::IncomingHandler
  void OnHandshake(Time now, peer::Incoming& incoming) override;
  void OnDropped(Time now, peer::Incoming& incoming) override;
  // dht::AnnounceListener
  void OnAnnounce(Time now, const InfoHash& info_hash, const Endpoint& peer) override;
  // ChokedTorrents
  void ForEachTorrent(absl::FunctionRef<void(peer::Torrent&)> visit) override;
  // DeadlineHandler: housekeeping.
  void OnDeadline(Time now) override;

  void StartDht(Time now);  // once
  Swarm* FindSwarm(TorrentId id) const;
  Swarm& SwarmOf(const peer::Torrent& torrent) const;
  uint32_t connections() const;
  void Sweep(Time now);
  SwarmSeams MakeSwarmSeams();

  const ClientOptions options;
  const ClientSeams seams;
  const PeerId own_id;
  Deadlines deadlines;
  TokenBucket down_limit;
  TokenBucket up_limit;
  peer::UnfinishedMemory memory;
  UdpTrackers udp_trackers;
  std::optional<dht::Node> dht;
  std::optional<RouterNames> routers;
  Choking choking;
  std::vector<std::unique_ptr<peer::Incoming>> incoming;  // not past their handshake yet
  absl::btree_map<TorrentId, std::unique_ptr<Swarm>> swarms;
  absl::flat_hash_map<InfoHash, TorrentId> by_info_hash;
  // Removed, but not yet destroyed: the caller may be one of them, or a goodbye is on its way.
  std::vector<std::unique_ptr<Swarm>> leaving;
  Deadline sweep;
  Time reachability_due = kNever;
  bool was_reached = false;
  bool dht_started = false;
  uint64_t last_torrent = 0;
  uint64_t last_connection = 0;
};

}  // namespace starling
