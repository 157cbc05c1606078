#include "peer/torrent.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "peer/torrent_state.h"
#include "storage/layout.h"
#include "storage/select.h"

namespace starling::peer {
namespace {

// A stock of several times what can be connected; there is always more where it came from.
size_t CandidatesMax(uint32_t connections_max) {
  return std::clamp<size_t>(size_t{connections_max} * 6, 100, Candidates::kMax);
}

}  // namespace

Torrent::State::State(Torrent& torrent, const TorrentConfig& torrent_config,
                      const TorrentSeams& torrent_seams)
    : self(torrent),
      config(torrent_config),
      seams(torrent_seams),
      swarm(torrent_seams.deadlines, torrent_seams.down_limit, torrent_seams.up_limit),
      candidates(torrent_seams.random, CandidatesMax(torrent_config.connections_max),
                 &swarm.own_address),
      tick(torrent_seams.deadlines, *this) {
  swarm.down = TokenBucket(config.down_rate);
  swarm.up = TokenBucket(config.up_rate);
  swarm.info_hash = config.info_hash;
  swarm.own_id = config.own_id;
  swarm.listen_port = config.listen_port;
  swarm.dht_port = config.dht_port;
  swarm.peer_exchange = config.peer_exchange;
  swarm.version = config.version;
  swarm.metainfo = config.metainfo;
  if (swarm.metainfo == nullptr) {
    fetch = std::make_unique<MetadataFetch>(config.info_hash);
  } else {
    phase = Phase::kChecking;
    swarm.is_private = swarm.metainfo->is_private;
    if (swarm.is_private) swarm.peer_exchange = false;
  }
}

void Torrent::State::Start(Time now) {
  if (swarm.metainfo != nullptr && store == nullptr) OpenStore(now);
  tick.SetEarlier(now);
}

std::vector<bool> Torrent::State::WantedFiles() const {
  if (config.select.empty() && config.select_only.empty()) return {};
  std::vector<bool> wanted = storage::SelectFiles(*swarm.metainfo, config.select);
  const std::vector<bool> named = storage::SelectFiles(*swarm.metainfo, config.select_only);
  for (size_t i = 0; i < named.size(); ++i) wanted[i] = wanted[i] && named[i];
  return wanted;
}

void Torrent::State::OpenStore(Time now) {
  const storage::Metainfo& metainfo = *swarm.metainfo;
  phase = Phase::kChecking;
  if (metainfo.is_v2_only()) {
    Fail(now, absl::UnimplementedError("torrents without v1 hashes cannot be transferred yet"));
    return;
  }
  storage::StoreOptions options = config.store;
  options.wanted_files = WantedFiles();
  const std::vector<bool>& wanted = options.wanted_files;
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), true) == wanted.end()) {
    Fail(now, absl::InvalidArgumentError("none of its files is selected; `starling show` of the "
                                         ".torrent file or magnet link lists them"));
    return;
  }
  store = seams.storage.Open(swarm.metainfo, options, *this);
}

void Torrent::State::OnChecking(Time, uint32_t checked) { pieces_checked = checked; }

void Torrent::State::OnOpened(Time now, absl::StatusOr<Bitfield> have) {
  if (phase == Phase::kFailed) return;
  if (!have.ok()) {
    Fail(now, have.status());
    return;
  }
  const storage::Metainfo& metainfo = *swarm.metainfo;
  CHECK(have->size() == metainfo.piece_count());
  // Who only seeds wants nothing but what is there.
  const Bitfield wanted =
      config.store.read_only ? *have : storage::PiecesOfFiles(metainfo, WantedFiles());
  const PieceGeometry geometry{metainfo.piece_count(), metainfo.piece_length, metainfo.total_size};
  swarm.pieces =
      std::make_unique<Pieces>(geometry, wanted, *have, seams.memory, seams.random.Next());
  swarm.picker = std::make_unique<Picker>(
      *swarm.pieces, seams.random, config.piece_policy ? config.piece_policy() : MakeRarestFirst());
  for (PieceIndex piece(0); piece.value() < geometry.piece_count; ++piece) {
    if (!wanted.Has(piece)) continue;
    wanted_bytes += geometry.PieceSize(piece);
    if (have->Has(piece)) have_bytes += geometry.PieceSize(piece);
  }
  phase = swarm.complete() ? Phase::kSeeding : Phase::kDownloading;
  if (swarm.complete() && config.first_copies) {
    swarm.first_copies = std::make_unique<FirstCopies>(*have, seams.random);
  }
  for (Connection* connection : Snapshot()) {
    // They were greeted as by one who has nothing.
    for (PieceIndex piece(0); piece.value() < geometry.piece_count; ++piece) {
      if (have->Has(piece)) connection->SendHave(piece);
    }
    connection->LearnPieces(now);
    Refill(now, *connection);
    connection->Flush(now);
  }
  if (phase == Phase::kSeeding) DropSeeds(now);
  tick.SetEarlier(now);
  seams.handler.OnChecked(now, self);
}

void Torrent::State::Fail(Time now, const absl::Status& why) {
  if (phase == Phase::kFailed) return;
  phase = Phase::kFailed;
  for (Connection* connection : Snapshot()) Drop(now, *connection, Ending::kOurs, "torrent failed");
  fetch.reset();
  tick.SetEarlier(now);
  seams.handler.OnFailed(now, self, why);
}

void Torrent::State::OnDeadline(Time now) {
  ended.clear();
  if (phase == Phase::kFailed) {
    // What it held of the shared memory goes back; the store may have been the one that failed.
    store.reset();
    swarm.picker.reset();
    swarm.pieces.reset();
    return;
  }
  if (fetch != nullptr && now >= fetch->next_deadline()) {
    fetch->OnDeadline(now);
    PumpMetadata(now);
  }
  RelieveMemory(now);
  ResumeIfRoom(now);
  if (now >= next_sweep) {
    next_sweep = now + kSweep;
    Sweep(now);
  }
  if (refill_all) RefillAll(now);
  DialMore(now);
  Schedule(now);
}

void Torrent::State::Schedule(Time now) {
  if (phase == Phase::kFailed) return;
  if (connections.empty()) {
    next_sweep = kNever;  // a torrent alone has nothing to do
  } else if (next_sweep == kNever) {
    next_sweep = now + kSweep;
  }
  Time next = next_sweep;
  if (fetch != nullptr) next = std::min(next, fetch->next_deadline());
  if (MayDialMore()) {
    // Where the whole node is full, a slot may become free at any time.
    const Time ready = candidates.next_ready(swarm.complete());
    if (ready != kNever) next = std::min(next, ready <= now ? now + seconds(1) : ready);
  }
  const bool holds = swarm.pieces != nullptr && !swarm.pieces->open().empty();
  if (paused_for_memory || (holds && seams.memory.nearly_full())) {
    next = std::min(next, now + kMemoryPoll);
  }
  if (holds) next = std::min(next, now + kSweep);
  if (!ended.empty()) next = now;
  tick.Set(next);
}

TorrentCounts Torrent::State::Counts(Time now) const {
  TorrentCounts counts;
  counts.wanted_bytes = wanted_bytes;
  counts.have_bytes = have_bytes;
  if (swarm.pieces == nullptr && swarm.metainfo != nullptr) {
    counts.wanted_bytes = swarm.metainfo->total_size;
  }
  counts.pieces_checked = pieces_checked;
  counts.downloaded = downloaded;
  counts.uploaded = uploaded;
  counts.wasted = wasted;
  counts.down_rate = down_rate.PerSecond(now);
  counts.up_rate = up_rate.PerSecond(now);
  counts.peer_set = static_cast<uint32_t>(candidates.size());
  counts.connected = open_count;
  counts.dialling = static_cast<uint32_t>(connections.size()) - open_count;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open()) continue;
    if (!connection->choking() || !connection->peer_choking()) ++counts.active;
    ++(connection->is_seed() ? counts.seeders : counts.leechers);
  }
  if (swarm.pieces != nullptr) counts.availability = swarm.pieces->rarity().distributed_copies();
  return counts;
}

Torrent::Torrent(const TorrentConfig& config, const TorrentSeams& seams)
    : state_(std::make_unique<State>(*this, config, seams)) {}

Torrent::~Torrent() = default;

void Torrent::Start(Time now) { state_->Start(now); }

void Torrent::AddCandidates(Time now, std::span<const Endpoint> peers, PeerSource source) {
  if (state_->phase == Phase::kFailed) return;
  const bool untracked = source == PeerSource::kDht || source == PeerSource::kPeerExchange;
  if (untracked && state_->swarm.is_private) return;
  for (const Endpoint& peer : peers) {
    if (!state_->bans.IsBanned(peer)) state_->candidates.Add(peer, source);
  }
  state_->tick.SetEarlier(now);
}

void Torrent::Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake,
                     Slice rest) {
  state_->Accept(now, std::move(stream), handshake, std::move(rest));
}

void Torrent::DropUnlessFromTracker(Time now) { state_->DropUnlessFromTracker(now); }

void Torrent::SetDhtPort(uint16_t port) { state_->swarm.dht_port = port; }

void Torrent::AppendViews(Time now, std::vector<PeerView>* views) const {
  const uint64_t key = LoadBig<uint64_t>(state_->swarm.info_hash.bytes.data());
  const storage::Metainfo* metainfo = state_->swarm.metainfo.get();
  const uint32_t piece_length =
      metainfo == nullptr ? 0 : static_cast<uint32_t>(metainfo->piece_length);
  for (const std::unique_ptr<Connection>& connection : state_->connections) {
    if (!connection->is_open()) continue;
    PeerView view;
    view.id = connection->id();
    view.remote = connection->remote();
    view.torrent = key;
    view.we_seed = state_->swarm.complete();
    view.peer_interested = connection->peer_interested();
    view.we_interested = connection->interested();
    view.unchoked_by_us = !connection->choking();
    view.unchoked_by_peer = !connection->peer_choking();
    view.snubbed_us = connection->downloads().snubbed();
    view.bytes_received_20s = connection->downloads().rate().LastTwentySeconds(now);
    view.bytes_sent_20s = connection->uploads().rate().LastTwentySeconds(now);
    view.bytes_received_total = connection->downloads().rate().total();
    view.bytes_sent_total = connection->uploads().rate().total();
    view.bytes_announced_total = uint64_t{connection->haves_heard()} * piece_length;
    view.piece_length = piece_length;
    const Bitfield& had = connection->pieces().have;
    if (had.size() > 0) {
      view.share_had = static_cast<uint32_t>(uint64_t{had.count()} * 1'000'000 / had.size());
    }
    view.connected_at = connection->opened_at();
    view.peer_choke_changed_at = connection->peer_choke_changed_at();
    view.last_unchoked_at = connection->uploads().last_unchoked_at();
    // Who cannot be told of a rejection (BEP 6) would lose what it asked for last.
    if (state_->swarm.first_copies != nullptr && connection->fast()) {
      const FirstCopies::Progress progress =
          state_->swarm.first_copies->ProgressOf(view.id, state_->swarm.pieces->rarity());
      view.has_part = progress.has_part;
      view.turn_ends = progress.turn_ends;
    }
    views->push_back(view);
  }
}

void Torrent::Apply(Time now, std::span<const Verdict> verdicts) {
  state_->refused_someone = false;
  for (const Verdict& verdict : verdicts) {
    Connection* connection = state_->Find(verdict.id);
    if (connection == nullptr) continue;
    if (!verdict.unchoke && connection->peer_interested()) state_->refused_someone = true;
    if (verdict.unchoke && state_->swarm.first_copies != nullptr) {
      state_->swarm.first_copies->SetTurnEnds(verdict.id, verdict.turn_ends);
    }
    if (!connection->WouldChange(verdict)) continue;
    connection->Apply(now, verdict);
    connection->Flush(now);
  }
}

Torrent::Phase Torrent::phase() const { return state_->phase; }
const InfoHash& Torrent::info_hash() const { return state_->swarm.info_hash; }
const std::shared_ptr<const storage::Metainfo>& Torrent::metainfo() const {
  return state_->swarm.metainfo;
}
const Bitfield* Torrent::have() const {
  return state_->swarm.pieces == nullptr ? nullptr : &state_->swarm.pieces->have();
}
TorrentCounts Torrent::counts(Time now) const { return state_->Counts(now); }
bool Torrent::is_private() const { return state_->swarm.is_private; }
uint32_t Torrent::connections() const { return static_cast<uint32_t>(state_->connections.size()); }

uint32_t Torrent::candidates_wanted() const {
  const bool looks = phase() == Phase::kLookingForMetadata || phase() == Phase::kChecking ||
                     phase() == Phase::kDownloading;
  if (!looks) return 0;
  const uint64_t known = state_->connections.size() + state_->candidates.untried(false);
  return known >= state_->config.connections_max
             ? 0
             : static_cast<uint32_t>(state_->config.connections_max - known);
}

}  // namespace starling::peer
