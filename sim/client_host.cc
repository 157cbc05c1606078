#include "sim/client_host.h"

#include <utility>
#include <variant>

#include "base/check.h"

namespace starling::sim {

ClientHost::ClientHost(World& world, NodeIndex node, const ClientHostOptions& options)
    : world_(world),
      index_(node),
      options_(options),
      random_(world.RandomFor(node, Purpose::kProtocol)),
      port_(world.datagrams(), node),
      dialer_(world.streams(), node),
      disk_(world.disks(), node, options.disk),
      resolver_(world.services(), node),
      http_(world.services(), node) {
  options_.client.listen_port = options.listens ? kSimulatedPort : 0;
  world.streams().SetRates(node, options.rates);
}

ClientHost::~ClientHost() {
  if (behaviour_ != nullptr) behaviour_->OnEnd();
  client_.reset();  // before all that it uses
}

void ClientHost::AddTorrent(const TorrentOptions& torrent) {
  torrents_.push_back(torrent);
  if (client_ == nullptr) return;
  CHECK(client_->Add(world_.now(), torrent).ok());
  world_.Touch(index_);
}

TorrentStatus ClientHost::status() const {
  return client_->status(world_.now(), client_->torrents().at(0));
}

BehaviourSite ClientHost::Site() const {
  BehaviourSite site;
  site.seed = world_.RandomFor(index_, Purpose::kBehaviour).Next();
  site.self = endpoint();
  for (const TorrentOptions& torrent : torrents_) {
    site.contents.push_back(torrent.metainfo != nullptr ? torrent.metainfo->info_hash()
                                                        : torrent.magnet->info_hash());
  }
  site.clock = [this] { return world_.now(); };
  return site;
}

void ClientHost::OnPowerOn(Time now) {
  world_.SetListening(index_, options_.listens);
  ClientOptions client = options_.client;
  // Ids are drawn, whatever the address.
  client.dht_security = dht::IdSecurity::kOff;
  client.dht_follows_address = false;
  if (options_.behaviour) {
    behaviour_ = options_.behaviour(Site());
    behaviour_->Adjust(&client);
  }
  Behaviour* const wraps = behaviour_.get();
  DatagramPort& port = wraps != nullptr ? wraps->Wrap(port_) : port_;
  Dialer& dialer = wraps != nullptr ? wraps->Wrap(dialer_) : dialer_;
  storage::Storage& disk = wraps != nullptr ? wraps->Wrap(disk_) : disk_;
  client_ = std::make_unique<Client>(
      client, ClientSeams{port, dialer, disk, resolver_, http_, random_, *this});
  client_->Start(now);
  for (const TorrentOptions& torrent : torrents_) CHECK(client_->Add(now, torrent).ok());
}

void ClientHost::OnPowerOff(Time) {
  world_.SetListening(index_, false);
  client_.reset();
  behaviour_.reset();
}

void ClientHost::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  if (behaviour_ != nullptr) behaviour_->OnDatagram(now, from, bytes);
  client_->OnDatagram(now, from, bytes);
}

void ClientHost::OnStream(Time now, std::unique_ptr<Stream> stream) {
  if (behaviour_ != nullptr) stream = behaviour_->Wrap(std::move(stream));
  client_->Accept(now, std::move(stream));
}

void ClientHost::On(Time now, const starling::Event& event) {
  if (behaviour_ != nullptr) behaviour_->OnEvent(now, event);
  if (options_.on_event) options_.on_event(now, event);
  if (std::holds_alternative<MetadataEvent>(event)) {
    if (!history_.metadata.has_value()) history_.metadata = now;
  } else if (std::holds_alternative<CompleteEvent>(event)) {
    if (!history_.complete.has_value()) history_.complete = now;
  } else if (std::holds_alternative<PieceFailedEvent>(event)) {
    ++history_.pieces_failed;
  } else if (std::holds_alternative<PeerBannedEvent>(event)) {
    ++history_.peers_banned;
  } else if (const auto* failed = std::get_if<TorrentFailedEvent>(&event)) {
    ++history_.torrents_failed;
    history_.last_failure = failed->why;
  } else if (const auto* tracker = std::get_if<TrackerEvent>(&event)) {
    ++(tracker->message.empty() ? history_.tracker_answers : history_.tracker_failures);
  }
}

ClientHost& AddClientHost(World& world, const ClientHostOptions& options) {
  const NodeIndex node = world.AddHost();
  auto host = std::make_unique<ClientHost>(world, node, options);
  ClientHost& added = *host;
  world.SetParticipant(node, std::move(host));
  return added;
}

}  // namespace starling::sim
