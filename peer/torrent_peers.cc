// Who is connected: dialling and accepting, one connection a peer, bans and peer exchange.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "peer/torrent_state.h"

namespace starling::peer {

Connection* Torrent::State::Find(ConnectionId id) const {
  const auto at = std::lower_bound(connection_ids.begin(), connection_ids.end(), id);
  if (at == connection_ids.end() || *at != id) return nullptr;
  return connections[static_cast<size_t>(at - connection_ids.begin())].get();
}

std::vector<Connection*> Torrent::State::Snapshot() const {
  std::vector<Connection*> snapshot;
  snapshot.reserve(connections.size());
  for (const std::unique_ptr<Connection>& connection : connections) {
    snapshot.push_back(connection.get());
  }
  return snapshot;
}

Connection& Torrent::State::AddConnection() {
  const ConnectionId id = seams.handler.NextConnectionId();
  auto made = std::make_unique<Connection>(id, swarm, *this);
  Connection& connection = *made;
  const auto at = std::lower_bound(connection_ids.begin(), connection_ids.end(), id);
  connections.insert(connections.begin() + (at - connection_ids.begin()), std::move(made));
  connection_ids.insert(at, id);
  return connection;
}

void Torrent::State::DialMore(Time now) {
  while (MayDialMore() && seams.handler.MayDial()) {
    const std::optional<Endpoint> next = candidates.TakeNext(now, swarm.complete());
    if (!next.has_value()) return;
    if (bans.IsBanned(*next)) {
      candidates.GiveUp(*next);
      continue;
    }
    if (IsCrowded(*next)) {
      candidates.OnClosed(now, *next, /*served=*/false);  // later, perhaps
      continue;
    }
    AddConnection().Dial(now, seams.dialer, *next);
  }
}

void Torrent::State::Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake,
                            Slice rest) {
  if (phase == Phase::kFailed || bans.IsBanned(stream->remote())) return;
  if (bans.IsBanned(handshake.peer_id)) return;
  if (IsCrowded(stream->remote())) return;
  if (!HasPlaceToAccept() && !MakeRoom(now)) {
    if (IsMet(handshake.peer_id, stream->remote()) || !MakeRoomFor(now, stream->remote())) return;
  }
  ++incoming_count;
  AddConnection().Accept(now, std::move(stream), handshake, std::move(rest));
  tick.SetEarlier(now + kSweep);
}

// Both sides of a double connection judge alike: the one that the peer with the lower id dialled
// stays; of two in the same direction, the older one.
bool Torrent::State::IsDuplicate(Time now, Connection& connection) {
  for (Connection* other : Snapshot()) {
    if (other == &connection || !other->is_open() || other->peer_id() != connection.peer_id()) {
      continue;
    }
    // Another address could be a stranger who took the id of a peer to get rid of it.
    const bool same_host = other->remote().SameAddress(connection.remote());
    const bool ours_stays = swarm.own_id < connection.peer_id();
    const bool newer_stays = same_host && other->incoming() != connection.incoming() &&
                             connection.incoming() != ours_stays;
    Connection& loser = newer_stays ? *other : connection;
    Drop(now, loser, Ending::kOurs, "a second connection to the same peer");
    if (&loser == &connection) return true;
  }
  return false;
}

void Torrent::State::OnHandshake(Time now, Connection& connection) {
  ++open_count;
  if (connection.peer_id() == swarm.own_id) {
    // The dialling end knows under which address it reached itself, so that end closes; it does
    // so when it sees our handshake. Someone else who took our id does no harm.
    if (connection.incoming()) return;
    candidates.SetOwn(connection.remote());
    Drop(now, connection, Ending::kOurs, "that is ourselves");
    return;
  }
  if (bans.IsBanned(connection.peer_id()) || bans.IsBanned(connection.remote())) {
    Drop(now, connection, Ending::kViolation, "banned");
    return;
  }
  if (IsDuplicate(now, connection)) return;
  NoteInJournal(connection);
  tick.SetEarlier(now + kSweep);
  seams.handler.OnConnected(now, self, connection.remote(), connection.incoming());
}

void Torrent::State::OnPeerInterest(Time now, Connection& connection) {
  // A choked peer wants something, or a slot's holder wants no more.
  if (connection.peer_interested() != connection.choking()) return;
  // Where others wait already it waits with them for the next round.
  if (connection.choking() && refused_someone) return;
  seams.handler.OnSlotMayBeFree(now);
}

void Torrent::State::OnEnded(Time now, Connection& connection, Ending ending,
                             absl::string_view why) {
  Drop(now, connection, ending, why);
}

void Torrent::State::Drop(Time now, Connection& connection, Ending ending, absl::string_view) {
  const auto at = std::find_if(
      connections.begin(), connections.end(),
      [&](const std::unique_ptr<Connection>& entry) { return entry.get() == &connection; });
  if (at == connections.end()) return;
  const bool was_open = connection.opened();
  connection.Close();
  if (connection.incoming()) --incoming_count;
  ended.push_back(std::move(*at));
  connection_ids.erase(connection_ids.begin() + (at - connections.begin()));
  connections.erase(at);
  tick.SetEarlier(now);
  const bool served =
      connection.downloads().rate().total() > 0 || connection.uploads().rate().total() > 0;
  const std::optional<Endpoint> listens = connection.listens_at();
  if (connection.journalled()) {
    journal.Go(*listens);
    exchange_due = Time{};
  }
  if (listens.has_value() && ending == Ending::kViolation) candidates.GiveUp(*listens);
  // Of two connections with one peer the other stays, and the peer remains in use.
  const bool is_double = std::any_of(connections.begin(), connections.end(),
                                     [&](const std::unique_ptr<Connection>& other) {
                                       return listens.has_value() && other->listens_at() == listens;
                                     });
  if (listens.has_value() && ending != Ending::kViolation && !is_double) {
    candidates.OnClosed(now, *listens, served);
  }
  if (!was_open) return;
  --open_count;
  if (connection.downloads().rate().total() > 0) {
    const Departed gone{connection.id(), listens.value_or(connection.remote()),
                        connection.peer_id()};
    if (departed.size() < kDepartedMax) {
      departed.push_back(gone);
    } else {
      departed[departed_next] = gone;
      departed_next = (departed_next + 1) % kDepartedMax;
    }
  }
  if (fetch != nullptr) {
    fetch->RemoveSource(now, connection.id());
    PumpMetadata(now);
  }
  if (swarm.pieces != nullptr) {
    std::vector<storage::BlockRequest> lost;
    connection.downloads().sent().Clear(&lost);
    for (const storage::BlockRequest& block : lost) swarm.pieces->Unask(block, connection.id());
    swarm.pieces->EndSolo(connection.id());
    swarm.picker->RemovePeer(connection.pieces());
    refill_all = true;  // done at the latest by the tick that buries it
  }
  if (!connection.choking() && connection.peer_interested()) seams.handler.OnSlotMayBeFree(now);
}

// When we have everything, peers that have everything are of no use, nor are we to them.
void Torrent::State::DropSeeds(Time now) {
  for (Connection* connection : Snapshot()) {
    if (connection->is_open() && connection->is_seed()) {
      Drop(now, *connection, Ending::kOurs, "both have everything");
    }
  }
}

void Torrent::State::Ban(Time now, ConnectionId id, absl::string_view why) {
  Endpoint endpoint;
  if (Connection* connection = Find(id); connection != nullptr) {
    endpoint = connection->listens_at().value_or(connection->remote());
    bans.Ban(connection->remote(), connection->peer_id());
    bans.Ban(endpoint, connection->peer_id());
  } else {
    const auto gone = std::find_if(departed.begin(), departed.end(),
                                   [id](const Departed& entry) { return entry.id == id; });
    if (gone == departed.end()) return;
    endpoint = gone->endpoint;
    if (bans.IsBanned(endpoint)) return;  // for an earlier piece
    bans.Ban(endpoint, gone->peer_id);
  }
  candidates.GiveUp(endpoint);
  if (swarm.pieces != nullptr) swarm.pieces->DropFrom(id);
  seams.handler.OnPeerBanned(now, self, endpoint, why);
  for (Connection* connection : Snapshot()) {
    if (connection->is_closed()) continue;
    if (bans.IsBanned(connection->remote()) ||
        (connection->is_open() && bans.IsBanned(connection->peer_id()))) {
      Drop(now, *connection, Ending::kViolation, why);
    }
  }
  refill_all = true;
  tick.SetEarlier(now);
}

void Torrent::State::DropUnlessFromTracker(Time now) {
  swarm.is_private = true;
  swarm.peer_exchange = false;
  const std::vector<Endpoint> removed = candidates.RemoveUntracked();
  for (Connection* connection : Snapshot()) {
    if (connection->is_closed()) continue;
    const std::optional<Endpoint> at = connection->listens_at();
    if (at.has_value() && std::binary_search(removed.begin(), removed.end(), *at)) {
      Drop(now, *connection, Ending::kOurs, "not from a tracker");
    }
  }
}

void Torrent::State::OnPeers(Time now, Connection& connection, const PexMessage& message) {
  if (swarm.is_private || !swarm.peer_exchange) return;
  // A stranger on the internet must not make us knock at the doors of our own network.
  const Endpoint& from = connection.remote();
  const auto is_out_of_reach = [&from](const Endpoint& peer) {
    return (peer.is_private() && !from.is_private()) || (peer.is_loopback() && !from.is_loopback());
  };
  for (const PexPeer& peer : message.added) {
    if (bans.IsBanned(peer.endpoint) || is_out_of_reach(peer.endpoint)) continue;
    candidates.Add(peer.endpoint, PeerSource::kPeerExchange);
    if ((peer.flags & kPexSeeder) != 0) candidates.SetSeed(peer.endpoint);
  }
  if (!message.added.empty()) tick.SetEarlier(now);
}

void Torrent::State::OnDhtPort(Time now, Connection& connection, uint16_t port) {
  if (swarm.is_private) return;
  Endpoint node = connection.remote();
  node.port = port;
  seams.handler.OnDhtNode(now, node);
}

void Torrent::State::Sweep(Time now) {
  ExchangePeers(now);
  TellHeldHaves(now);
  if (phase == Phase::kChecking || HasPlaceToDial()) return;
  if (candidates.next_ready(swarm.complete()) > now) return;
  if (now - last_turnover < kTurnover && down_rate.LastTwentySeconds(now) > 0) return;
  // One at a time.
  Connection* connection = FindUseless(now);
  if (connection == nullptr) return;
  last_turnover = now;
  Drop(now, *connection, Ending::kOurs, "useless");
}

void Torrent::State::TellHeldHaves(Time now) {
  if (now < haves_due) return;
  haves_due = kNever;
  for (const std::unique_ptr<Connection>& connection : connections) {
    connection->TellHaves();
    connection->Flush(now);
  }
}

void Torrent::State::NoteInJournal(Connection& connection) {
  const std::optional<Endpoint> at = connection.listens_at();
  // Whoever became ready to be told something waits for the next sweep.
  exchange_due = Time{};
  if (connection.journalled() || !at.has_value()) return;
  connection.set_journalled();
  uint8_t flags = connection.incoming() ? 0 : kPexReachable;
  if (connection.is_seed()) flags |= kPexSeeder;
  journal.Come(*at, flags);
}

void Torrent::State::ExchangePeers(Time now) {
  if (swarm.is_private || !swarm.peer_exchange || now < exchange_due) return;
  exchange_due = kNever;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open()) continue;
    Extensions& extensions = connection->extensions();
    if (extensions.next_exchange(journal) <= now) {
      extensions.SendPeers(now, journal, connection->listens_at().value_or(connection->remote()));
      connection->Flush(now);
    }
    exchange_due = std::min(exchange_due, extensions.next_exchange(journal));
  }
}

}  // namespace starling::peer
