// One torrent of a Client: the peer protocol's Torrent beside everything that finds peers for it,
// the DHT lookups and the trackers. It decides when each is asked, keeps a private torrent away
// from the DHT (BEP 27), and turns what happens into events for the user.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/deadlines.h"
#include "base/seams.h"
#include "dht/node.h"
#include "node/client.h"
#include "node/events.h"
#include "node/options.h"
#include "node/router_names.h"
#include "node/trackers.h"
#include "peer/torrent.h"

namespace starling {

// What a Swarm shares with its sisters in one Client. All outlive it.
struct SwarmSeams {
  peer::TorrentSeams peer;
  HttpClient& http;
  Resolver& resolver;
  UdpTrackers& udp_trackers;
  EventSink& events;
  dht::Node* dht;        // null without DHT
  RouterNames* routers;  // null without DHT
};

class Swarm final : public dht::PeerSink, public TrackersHandler, public DeadlineHandler {
 public:
  Swarm(TorrentId id, const ClientOptions& client, const PeerId& own_id,
        const TorrentOptions& options, const SwarmSeams& seams);
  ~Swarm() override;

  void Start(Time now);
  // Leaves the DHT and says goodbye to trackers.
  void Stop(Time now);
  // After Stop, and never from inside one of the torrent's own calls: ends its connections. Only
  // the goodbyes to trackers go on.
  void CloseTorrent();
  bool has_goodbyes() const { return trackers_->has_goodbyes(); }
  bool stopped() const { return stopped_; }

  // What the torrent tells its node; the Client passes these on.
  void OnMetadata(Time now, bool from_peers);
  void OnChecked(Time now);
  void OnConnected(Time now);
  void OnComplete(Time now);
  void Report(Time now, const Event& event);

  TorrentId id() const { return id_; }
  peer::Torrent& torrent() { return *torrent_; }
  const peer::Torrent& torrent() const { return *torrent_; }
  bool Owns(const peer::Torrent& torrent) const { return torrent_.get() == &torrent; }
  TorrentStatus status(Time now) const;

  // dht::PeerSink
  void OnPeers(Time now, dht::LookupId lookup, std::span<const Endpoint> peers) override;
  void OnDone(Time now, dht::LookupId lookup, const dht::LookupReport& report) override;
  // TrackersHandler
  AnnounceFacts Facts() const override;
  void OnPeers(Time now, std::span<const Endpoint> peers) override;
  void OnTracker(Time now, absl::string_view url, absl::string_view message,
                 uint32_t peers) override;
  void OnExternalAddress(Time now, const Endpoint& address) override;
  // DeadlineHandler: time for the next lookup.
  void OnDeadline(Time now) override;

 private:
  class NamedPeer;
  bool MayUseDht() const;
  void StartLookup(Time now);
  void EndLookup();
  void StartTrackers(Time now);
  void ReportComplete(Time now);
  const storage::Metainfo* metainfo() const { return torrent_->metainfo().get(); }

  const TorrentId id_;
  const TorrentOptions options_;
  const uint16_t listen_port_;
  const bool dht_announces_;
  SwarmSeams seams_;
  std::unique_ptr<peer::Torrent> torrent_;  // null only after CloseTorrent
  AnnounceFacts last_facts_;
  std::unique_ptr<Trackers> trackers_;
  std::vector<std::unique_ptr<NamedPeer>> named_peers_;  // x.pe of a magnet, being resolved
  Deadline next_lookup_;
  dht::LookupId lookup_{};
  Duration lookup_pause_;
  Time lookup_began_{};
  bool looked_ = false;  // a lookup came to its end
  uint32_t dht_peers_ = 0;
  bool announced_ = false;  // some node of the DHT took our announce
  bool incomplete_at_start_ = false;
  bool complete_reported_ = false;
  bool stopped_ = false;
  bool trackers_started_ = false;
  Time added_at_{};
  std::optional<Duration> first_peer_after_;
  std::optional<Duration> metadata_after_;
};

}  // namespace starling
