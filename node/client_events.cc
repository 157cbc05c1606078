// What a Client does with what comes in: datagrams and streams from the world, and what its
// torrents tell it.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "node/client_state.h"

namespace starling {
namespace {

// Connections that have not said which torrent they are for. Whoever floods us with silent ones
// replaces the oldest of them, never a peer. More than the peers of a node: when a fleet starts at
// one moment, a few torrents' worth of hosts stand at the door of each origin.
constexpr size_t kIncomingMax = 512;

// BEP 29: a SYN (type 4, version 1) and the reset (type 3) that answers it.
constexpr std::byte kUtpSyn{0x41};
constexpr std::byte kUtpReset{0x31};
constexpr size_t kUtpHeaderSize = 20;

// We speak TCP only. Who tries uTP is told so at once and goes on to TCP, instead of waiting for
// seconds; the answer is no longer than the question and goes nowhere else.
size_t WriteUtpReset(ByteView syn, ByteSpan space) {
  std::fill_n(space.begin(), kUtpHeaderSize, std::byte{0});
  space[0] = kUtpReset;
  space[2] = syn[2];  // the connection id
  space[3] = syn[3];
  space[18] = syn[16];  // acknowledges its sequence number
  space[19] = syn[17];
  return kUtpHeaderSize;
}

}  // namespace

void Client::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  if (bytes.empty()) return;
  if (bytes.front() == std::byte{'d'}) {
    if (state_->dht_started) state_->dht->OnDatagram(now, from, bytes);
    return;
  }
  OnOtherDatagram(now, state_->seams.datagrams, from, bytes);
}

void Client::OnOtherDatagram(Time now, DatagramPort& port, const Endpoint& from, ByteView bytes) {
  if (bytes.empty()) return;
  if (bytes.front() == kUtpSyn && bytes.size() >= kUtpHeaderSize) {
    port.Send(now, from, [&](ByteSpan space) { return WriteUtpReset(bytes, space); });
    return;
  }
  state_->udp_trackers.OnDatagram(now, from, bytes);
}

void Client::Accept(Time now, std::unique_ptr<Stream> stream) {
  state_->was_reached = true;
  if (state_->swarms.empty() || state_->connections() >= state_->options.peers_max) return;
  if (state_->incoming.size() >= kIncomingMax) {
    state_->OnDropped(now, *state_->incoming.front());
  }
  state_->incoming.push_back(
      std::make_unique<peer::Incoming>(now, std::move(stream), state_->deadlines, *state_));
}

void Client::State::OnHandshake(Time now, peer::Incoming& connection) {
  const peer::Handshake handshake = connection.handshake();
  std::unique_ptr<Stream> stream = connection.TakeStream();
  const Slice rest = connection.TakeRest();
  OnDropped(now, connection);
  const auto found = by_info_hash.find(handshake.info_hash);
  if (found == by_info_hash.end()) return;
  FindSwarm(found->second)->torrent().Accept(now, std::move(stream), handshake, rest);
}

void Client::State::OnDropped(Time, peer::Incoming& connection) {
  std::erase_if(incoming, [&](const std::unique_ptr<peer::Incoming>& entry) {
    return entry.get() == &connection;
  });
}

SwarmSeams Client::State::MakeSwarmSeams() {
  return SwarmSeams{
      .peer = {.dialer = seams.dialer,
               .storage = seams.storage,
               .random = seams.random,
               .deadlines = deadlines,
               .down_limit = down_limit,
               .up_limit = up_limit,
               .memory = memory,
               .handler = *this},
      .http = seams.http,
      .resolver = seams.resolver,
      .udp_trackers = udp_trackers,
      .events = seams.events,
      .dht = dht.has_value() ? &*dht : nullptr,
      .routers = routers.has_value() ? &*routers : nullptr,
  };
}

Swarm* Client::State::FindSwarm(TorrentId id) const {
  const auto found = swarms.find(id);
  return found == swarms.end() ? nullptr : found->second.get();
}

Swarm& Client::State::SwarmOf(const peer::Torrent& torrent) const {
  const auto found = by_info_hash.find(torrent.info_hash());
  if (found != by_info_hash.end()) {
    Swarm* swarm = FindSwarm(found->second);
    if (swarm->Owns(torrent)) return *swarm;
  }
  // One that was removed while it was speaking: it is still here until the next sweep.
  const auto leaver =
      std::find_if(leaving.begin(), leaving.end(),
                   [&](const std::unique_ptr<Swarm>& swarm) { return swarm->Owns(torrent); });
  CHECK(leaver != leaving.end());
  return **leaver;
}

void Client::State::OnMetadata(Time now, peer::Torrent& torrent, bool from_peers) {
  if (from_peers) SwarmOf(torrent).OnMetadata(now, true);
}

void Client::State::OnChecked(Time now, peer::Torrent& torrent) { SwarmOf(torrent).OnChecked(now); }

void Client::State::OnPieceFailed(Time now, peer::Torrent& torrent, PieceIndex piece) {
  Swarm& swarm = SwarmOf(torrent);
  swarm.Report(now, PieceFailedEvent{
                        .torrent = swarm.id(), .info_hash = torrent.info_hash(), .piece = piece});
}

void Client::State::OnPeerBanned(Time now, peer::Torrent& torrent, const Endpoint& peer,
                                 absl::string_view why) {
  Swarm& swarm = SwarmOf(torrent);
  swarm.Report(now, PeerBannedEvent{.torrent = swarm.id(),
                                    .info_hash = torrent.info_hash(),
                                    .peer = peer,
                                    .why = std::string(why)});
}

void Client::State::OnComplete(Time now, peer::Torrent& torrent) {
  SwarmOf(torrent).OnComplete(now);
}

void Client::State::OnFailed(Time now, peer::Torrent& torrent, const absl::Status& why) {
  Swarm& swarm = SwarmOf(torrent);
  swarm.Report(now, TorrentFailedEvent{.torrent = swarm.id(),
                                       .info_hash = torrent.info_hash(),
                                       .why = std::string(why.message())});
}

void Client::State::OnDhtNode(Time now, const Endpoint& node) {
  if (dht.has_value()) dht->Hear(now, node);
}

void Client::State::OnAnnounce(Time now, const InfoHash& info_hash, const Endpoint& peer) {
  const auto found = by_info_hash.find(info_hash);
  if (found == by_info_hash.end()) return;
  peer::Torrent& torrent = FindSwarm(found->second)->torrent();
  if (!torrent.is_private()) {
    torrent.AddCandidates(now, std::span(&peer, 1), peer::PeerSource::kDht);
  }
}

void Client::State::OnConnected(Time now, peer::Torrent& torrent, const Endpoint&, bool) {
  SwarmOf(torrent).OnConnected(now);
  choking.Wake(now);
}

void Client::State::OnSlotMayBeFree(Time now) { choking.Wake(now); }

uint32_t Client::State::connections() const {
  uint32_t connections = 0;
  for (const auto& entry : swarms) connections += entry.second->torrent().connections();
  return connections;
}

bool Client::State::MayDial() const { return connections() < options.peers_max; }

peer::ConnectionId Client::State::NextConnectionId() {
  return peer::ConnectionId{++last_connection};
}

void Client::State::ForEachTorrent(absl::FunctionRef<void(peer::Torrent&)> visit) {
  for (const auto& entry : swarms) visit(entry.second->torrent());
}

void Client::State::OnDeadline(Time now) {
  Sweep(now);
  if (now < reachability_due) {
    sweep.SetEarlier(reachability_due);
    return;
  }
  if (!was_reached && reachability_due != kNever && !swarms.empty()) {
    seams.events.On(now, UnreachableEvent{.port = options.listen_port});
  }
  reachability_due = kNever;
}

void Client::State::Sweep(Time now) {
  for (const std::unique_ptr<Swarm>& swarm : leaving) swarm->CloseTorrent();
  leaving.erase(
      std::remove_if(leaving.begin(), leaving.end(),
                     [](const std::unique_ptr<Swarm>& swarm) { return !swarm->has_goodbyes(); }),
      leaving.end());
  if (!leaving.empty()) sweep.SetEarlier(now + milliseconds(100));
}

}  // namespace starling
