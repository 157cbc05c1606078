#include "node/swarm.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace starling {
namespace {

// A node forgets an announced peer after about 30 minutes (BEP 5), so half of that is in time.
constexpr Duration kReannounce = minutes(15);
// While peers are missing, or nobody has taken our announce yet, lookups come sooner, each pause
// twice the last: a swarm whose first member is just starting is found within seconds. The first
// pause is as long as a lookup takes: on a LAN, where all hosts of a fleet begin in one moment and
// each looks before the others have announced, a second is longer than many a transfer.
constexpr Duration kSearchPauseFirstMin = milliseconds(50);
constexpr Duration kSearchPauseFirstMax = seconds(1);
constexpr size_t kNamedPeersMax = 32;

peer::TorrentConfig ConfigOf(const ClientOptions& client, const PeerId& own_id,
                             const TorrentOptions& options) {
  peer::TorrentConfig config;
  config.own_id = own_id;
  config.metainfo = options.metainfo;
  config.info_hash =
      options.metainfo != nullptr ? options.metainfo->info_hash() : options.magnet->info_hash();
  config.store.dir = options.dir;
  config.store.existing = options.existing;
  config.store.read_only = options.seed_only;
  config.select = options.select;
  if (options.magnet.has_value()) config.select_only = options.magnet->select_only;
  config.piece_policy = client.piece_policy;
  if (options.sequential) config.piece_policy = &peer::MakeSequential;
  config.first_copies = client.first_copies;
  config.connections_max = client.peers_per_torrent_max;
  config.listen_port = client.listen_port;
  config.dht_port = client.dht ? client.listen_port : 0;
  config.version = "starling/0.1.0";
  config.down_rate = options.down_rate;
  config.up_rate = options.up_rate;
  return config;
}

TrackersConfig TrackersConfigOf(const ClientOptions& client, const PeerId& own_id,
                                const TorrentOptions& options, const InfoHash& info_hash) {
  TrackersConfig config;
  config.info_hash = info_hash;
  config.own_id = own_id;
  config.listen_port = client.listen_port;
  config.rule = client.trackers;
  config.dht_runs = client.dht;
  if (options.metainfo != nullptr) {
    config.tiers = options.metainfo->trackers;
    config.is_private = options.metainfo->is_private;
  }
  if (options.magnet.has_value()) {
    for (const std::string& url : options.magnet->trackers) config.tiers.push_back({url});
  }
  return config;
}

}  // namespace

// A peer of a magnet link (x.pe) whose name is being resolved.
class Swarm::NamedPeer final : public ResolveHandler {
 public:
  NamedPeer(Time now, Swarm& swarm, const HostPort& name)
      : swarm_(swarm),
        resolution_(swarm.seams_.resolver.Resolve(now, name.first, name.second, *this)) {}

  void OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) override {
    if (endpoints.ok() && !swarm_.stopped_) {
      swarm_.torrent_->AddCandidates(now, *endpoints, peer::PeerSource::kUser);
    }
  }

 private:
  Swarm& swarm_;
  std::unique_ptr<Resolution> resolution_;
};

Swarm::Swarm(TorrentId id, const ClientOptions& client, const PeerId& own_id,
             const TorrentOptions& options, const SwarmSeams& seams)
    : id_(id),
      options_(options),
      listen_port_(client.listen_port),
      dht_announces_(client.listen_port != 0),
      seams_(seams),
      torrent_(std::make_unique<peer::Torrent>(ConfigOf(client, own_id, options), seams.peer)),
      next_lookup_(seams.peer.deadlines, *this),
      lookup_pause_(kSearchPauseFirstMax) {
  trackers_ =
      std::make_unique<Trackers>(TrackersConfigOf(client, own_id, options, torrent_->info_hash()),
                                 TrackersSeams{seams.http, seams.udp_trackers, seams.peer.random,
                                               seams.peer.deadlines, *this});
}

Swarm::~Swarm() { EndLookup(); }

void Swarm::Start(Time now) {
  added_at_ = now;
  torrent_->Start(now);
  torrent_->AddCandidates(now, options_.peers, peer::PeerSource::kUser);
  if (options_.magnet.has_value()) {
    for (const HostPort& name : options_.magnet->peers) {
      if (named_peers_.size() >= kNamedPeersMax) break;
      named_peers_.push_back(std::make_unique<NamedPeer>(now, *this, name));
    }
  }
  if (metainfo() != nullptr) OnMetadata(now, false);
  StartLookup(now);
  // Until what lies on the disk is checked we would tell trackers that we lack everything.
  if (metainfo() == nullptr) StartTrackers(now);
}

void Swarm::Stop(Time now) {
  stopped_ = true;
  EndLookup();
  named_peers_.clear();
  next_lookup_.Set(kNever);
  trackers_->Stop(now);
}

void Swarm::CloseTorrent() {
  if (torrent_ == nullptr) return;
  last_facts_ = Facts();
  torrent_ = nullptr;
}

void Swarm::Report(Time now, const Event& event) {
  if (!stopped_) seams_.events.On(now, event);
}

bool Swarm::MayUseDht() const {
  return seams_.dht != nullptr && !stopped_ && !torrent_->is_private();
}

void Swarm::OnMetadata(Time now, bool from_peers) {
  const storage::Metainfo& info = *metainfo();
  if (!metadata_after_.has_value()) {
    metadata_after_ = now - added_at_;
    Report(now, MetadataEvent{.torrent = id_,
                              .info_hash = torrent_->info_hash(),
                              .name = info.name,
                              .total_size = info.total_size,
                              .piece_count = info.piece_count(),
                              .from_peers = from_peers});
  }
  if (info.is_private) {
    EndLookup();
    next_lookup_.Set(kNever);
    if (from_peers) torrent_->DropUnlessFromTracker(now);
  } else if (seams_.routers != nullptr && !info.nodes.empty()) {
    seams_.routers->Add(now, info.nodes);
  }
  if (from_peers) trackers_->Learn(now, info.trackers, info.is_private);
}

void Swarm::StartTrackers(Time now) {
  if (!stopped_ && !std::exchange(trackers_started_, true)) trackers_->Start(now);
}

void Swarm::OnChecked(Time now) {
  StartTrackers(now);
  const peer::TorrentCounts counts = torrent_->counts(now);
  Report(now,
         CheckedEvent{
             .torrent = id_, .info_hash = torrent_->info_hash(), .have_bytes = counts.have_bytes});
  if (torrent_->phase() == peer::Torrent::Phase::kSeeding) {
    ReportComplete(now);
  } else {
    incomplete_at_start_ = true;
  }
}

void Swarm::OnComplete(Time now) {
  if (incomplete_at_start_ && !complete_reported_) trackers_->OnComplete(now);
  ReportComplete(now);
}

void Swarm::ReportComplete(Time now) {
  if (std::exchange(complete_reported_, true)) return;
  Report(now, CompleteEvent{.torrent = id_,
                            .info_hash = torrent_->info_hash(),
                            .elapsed = now - added_at_,
                            .downloaded = torrent_->counts(now).downloaded});
}

void Swarm::OnConnected(Time now) {
  if (!first_peer_after_.has_value()) first_peer_after_ = now - added_at_;
}

void Swarm::StartLookup(Time now) {
  if (!MayUseDht() || lookup_ != dht::LookupId{}) return;
  lookup_began_ = now;
  const bool is_seed = torrent_->phase() == peer::Torrent::Phase::kSeeding;
  lookup_ = dht_announces_
                ? seams_.dht->Announce(now, torrent_->info_hash(), listen_port_, *this, is_seed)
                : seams_.dht->GetPeers(now, torrent_->info_hash(), *this);
  if (lookup_ == dht::LookupId{}) {
    next_lookup_.Set(now + std::max(lookup_pause_, kSearchPauseFirstMax));  // too many at once
  }
}

void Swarm::EndLookup() {
  if (lookup_ != dht::LookupId{}) seams_.dht->Cancel(std::exchange(lookup_, {}));
}

void Swarm::OnDeadline(Time now) { StartLookup(now); }

void Swarm::OnPeers(Time now, dht::LookupId, std::span<const Endpoint> peers) {
  if (!MayUseDht()) return;
  dht_peers_ += static_cast<uint32_t>(peers.size());
  torrent_->AddCandidates(now, peers, peer::PeerSource::kDht);
  trackers_->OnDhtPeers(now, dht_peers_);
}

void Swarm::OnDone(Time now, dht::LookupId, const dht::LookupReport& report) {
  lookup_ = {};
  if (stopped_) return;
  if (!std::exchange(looked_, true)) {
    lookup_pause_ = std::clamp(now - lookup_began_, kSearchPauseFirstMin, kSearchPauseFirstMax);
  }
  announced_ = announced_ || !dht_announces_ || report.announced > 0;
  // A seeder looks as well: who cannot reach us (a firewall, or transmission, which tries only uTP
  // and then waits for a quarter of an hour) is reached by us.
  const bool enough = torrent_->counts(now).connected >= kPeersWanted / 3;
  next_lookup_.Set(now + (enough && announced_ ? kReannounce : lookup_pause_));
  lookup_pause_ = std::min(2 * lookup_pause_, kReannounce);
  if (!enough && torrent_->phase() != peer::Torrent::Phase::kSeeding) trackers_->WantPeers(now);
}

AnnounceFacts Swarm::Facts() const {
  if (torrent_ == nullptr) return last_facts_;
  // The rates in the counts are not looked at, so the time does not matter.
  const peer::TorrentCounts counts = torrent_->counts(added_at_);
  AnnounceFacts facts;
  facts.uploaded = counts.uploaded;
  facts.downloaded = counts.downloaded;
  facts.left =
      metainfo() == nullptr ? storage::kBlockSize : counts.wanted_bytes - counts.have_bytes;
  if (torrent_->phase() == peer::Torrent::Phase::kChecking) facts.left = metainfo()->total_size;
  facts.peers_wanted = stopped_ ? 0 : std::min<uint32_t>(torrent_->candidates_wanted(), 200);
  return facts;
}

void Swarm::OnPeers(Time now, std::span<const Endpoint> peers) {
  if (!stopped_) torrent_->AddCandidates(now, peers, peer::PeerSource::kTracker);
}

void Swarm::OnTracker(Time now, absl::string_view url, absl::string_view message, uint32_t peers) {
  Report(now, TrackerEvent{.torrent = id_,
                           .info_hash = torrent_->info_hash(),
                           .url = std::string(url),
                           .message = std::string(message),
                           .peers = peers});
}

void Swarm::OnExternalAddress(Time, const Endpoint&) {}

TorrentStatus Swarm::status(Time now) const {
  const peer::TorrentCounts counts = torrent_->counts(now);
  TorrentStatus status;
  status.info_hash = torrent_->info_hash();
  status.name = metainfo() != nullptr         ? metainfo()->name
                : options_.magnet.has_value() ? options_.magnet->name
                                              : std::string();
  status.phase = static_cast<TorrentPhase>(torrent_->phase());
  status.have_bytes = counts.have_bytes;
  status.total_bytes = counts.wanted_bytes;
  if (metainfo() != nullptr) {
    status.checked_bytes = std::min<uint64_t>(
        uint64_t{counts.pieces_checked} * metainfo()->piece_length, metainfo()->total_size);
  }
  status.down_rate = counts.down_rate;
  status.up_rate = counts.up_rate;
  status.downloaded = counts.downloaded;
  status.uploaded = counts.uploaded;
  status.peer_set = counts.peer_set;
  status.connected = counts.connected;
  status.active = counts.active;
  status.seeders = counts.seeders;
  status.leechers = counts.leechers;
  status.availability = counts.availability;
  status.lookups_running = lookup_ != dht::LookupId{} ? 1 : 0;
  status.trackers_asked = trackers_->asked();
  status.first_peer_after = first_peer_after_;
  status.metadata_after = metadata_after_;
  return status;
}

static_assert(static_cast<int>(TorrentPhase::kFailed) ==
              static_cast<int>(peer::Torrent::Phase::kFailed));

}  // namespace starling
