#include "node/client.h"

#include <algorithm>
#include <utility>

#include "node/client_state.h"

namespace starling {
namespace {

PeerId MakePeerId(const ClientOptions& options, Random& random) {
  if (options.peer_id.has_value()) return *options.peer_id;
  // BEP 20, Azureus style: two letters, four digits of the version, twelve random characters.
  static constexpr absl::string_view kPrefix = "-SG0100-";
  static constexpr absl::string_view kLetters =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  PeerId id;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    const char letter = i < kPrefix.size()
                            ? kPrefix[i]
                            : kLetters[static_cast<size_t>(random.Below(kLetters.size()))];
    id.bytes[i] = static_cast<std::byte>(letter);
  }
  return id;
}

std::unique_ptr<peer::Choker> MakeChoker(const ClientOptions& options, Random& random) {
  return options.choker ? options.choker(random) : peer::MakeTitForTat(random);
}

}  // namespace

dht::Options DhtOptions(const ClientOptions& options) {
  dht::Options dht_options;
  dht_options.id = options.dht_id;
  dht_options.read_only = options.dht_read_only;
  dht_options.security = options.dht_security;
  dht_options.follows_address = options.dht_follows_address;
  dht_options.strangers_expected_from = options.dht_strangers_expected_from;
  const auto set = [](uint32_t value, uint32_t& limit) {
    if (value != 0) limit = value;
  };
  set(options.dht_source_queries_per_second, dht_options.queries_per_second_max);
  set(options.dht_source_bytes_per_second, dht_options.answer_bytes_per_second_max);
  set(options.dht_queries_per_second, dht_options.all_queries_per_second_max);
  dht_options.variant = options.dht_lookup;
  return dht_options;
}

Client::State::State(const ClientOptions& client_options, const ClientSeams& client_seams)
    : options(client_options),
      seams(client_seams),
      own_id(MakePeerId(client_options, client_seams.random)),
      down_limit(client_options.down_rate),
      up_limit(client_options.up_rate),
      memory(client_options.unfinished_memory_max),
      udp_trackers(seams.datagrams, seams.resolver, seams.random, deadlines),
      choking(MakeChoker(options, seams.random), *this, up_limit, seams.random, deadlines),
      sweep(deadlines, *this) {
  if (!options.dht) return;
  dht.emplace(DhtOptions(options), seams.datagrams, seams.random);
  dht->SetAnnounceListener(*this);
  routers.emplace(seams.resolver, deadlines, *dht);
}

Client::State::~State() {
  // Swarms cancel their lookups and leave the shared heap while both are still there.
  swarms.clear();
  leaving.clear();
}

Client::Client(const ClientOptions& options, const ClientSeams& seams)
    : state_(std::make_unique<State>(options, seams)) {}

Client::~Client() = default;

void Client::Start(Time now) {
  if (state_->options.listen_port != 0) {
    state_->reachability_due = now + minutes(5);
    state_->sweep.SetEarlier(state_->reachability_due);
  }
  if (!state_->options.dht_waits_for_torrent) state_->StartDht(now);
}

void Client::State::StartDht(Time now) {
  if (!dht.has_value() || std::exchange(dht_started, true)) return;
  if (!options.dht_snapshot.empty()) dht->Restore(now, options.dht_snapshot);
  dht->Bootstrap(now, {});
  routers->Add(now, options.dht_routers);
}

absl::StatusOr<TorrentId> Client::Add(Time now, const TorrentOptions& torrent) {
  if (torrent.metainfo == nullptr && !torrent.magnet.has_value()) {
    return absl::InvalidArgumentError("a torrent needs a metainfo or a magnet link");
  }
  const InfoHash info_hash =
      torrent.metainfo != nullptr ? torrent.metainfo->info_hash() : torrent.magnet->info_hash();
  if (state_->by_info_hash.contains(info_hash)) {
    return absl::AlreadyExistsError("this torrent is there already");
  }
  const TorrentId id{++state_->last_torrent};
  auto swarm = std::make_unique<Swarm>(id, state_->options, state_->own_id, torrent,
                                       state_->MakeSwarmSeams());
  Swarm& added = *swarm;
  if (torrent.metainfo == nullptr || !torrent.metainfo->is_private) state_->StartDht(now);
  state_->swarms.emplace(id, std::move(swarm));
  state_->by_info_hash.emplace(info_hash, id);
  added.Start(now);
  return id;
}

void Client::Remove(Time now, TorrentId torrent) {
  const auto found = state_->swarms.find(torrent);
  if (found == state_->swarms.end()) return;
  found->second->Stop(now);
  state_->by_info_hash.erase(found->second->torrent().info_hash());
  state_->leaving.push_back(std::move(found->second));
  state_->swarms.erase(found);
  state_->sweep.SetEarlier(now);
}

void Client::Stop(Time now) {
  for (const TorrentId torrent : torrents()) Remove(now, torrent);
}

bool Client::has_goodbyes() const {
  return std::any_of(state_->leaving.begin(), state_->leaving.end(),
                     [](const std::unique_ptr<Swarm>& swarm) { return swarm->has_goodbyes(); });
}

Time Client::next_deadline() const {
  const Time own = state_->deadlines.earliest();
  return state_->dht.has_value() ? std::min(own, state_->dht->next_deadline()) : own;
}

void Client::Prefetch() const {
  __builtin_prefetch(state_.get());
  __builtin_prefetch(&state_->deadlines);
  __builtin_prefetch(&state_->dht);
}

void Client::OnDeadline(Time now) {
  if (state_->dht.has_value() && state_->dht->next_deadline() <= now) state_->dht->OnDeadline(now);
  state_->deadlines.RunDue(now);
}

std::vector<TorrentId> Client::torrents() const {
  std::vector<TorrentId> ids;
  ids.reserve(state_->swarms.size());
  for (const auto& entry : state_->swarms) ids.push_back(entry.first);
  return ids;
}

TorrentStatus Client::status(Time now, TorrentId torrent) const {
  const Swarm* swarm = state_->FindSwarm(torrent);
  return swarm == nullptr ? TorrentStatus() : swarm->status(now);
}

ClientStatus Client::status(Time now) const {
  ClientStatus status;
  if (state_->dht.has_value()) status.dht = state_->dht->stats();
  for (const auto& entry : state_->swarms) {
    const peer::TorrentCounts counts = entry.second->torrent().counts(now);
    status.connected += counts.connected;
    status.uploaded += counts.uploaded;
    status.downloaded += counts.downloaded;
    status.wasted += counts.wasted;
  }
  return status;
}

void Client::AppendPeers(Time now, TorrentId torrent, std::vector<peer::PeerView>* peers) const {
  const Swarm* swarm = state_->FindSwarm(torrent);
  if (swarm != nullptr) swarm->torrent().AppendViews(now, peers);
}

std::shared_ptr<const storage::Metainfo> Client::metainfo(TorrentId torrent) const {
  const Swarm* swarm = state_->FindSwarm(torrent);
  return swarm == nullptr ? nullptr : swarm->torrent().metainfo();
}

dht::Node* Client::dht() { return state_->dht.has_value() ? &*state_->dht : nullptr; }

}  // namespace starling
