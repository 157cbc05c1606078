// Who has a place: how many are dialled and accepted, and whose connection ends for somebody
// else's.
#include <algorithm>

#include "peer/torrent_state.h"

namespace starling::peer {
namespace {

// Nothing passed lately, either way.
bool IsIdle(Time now, const Connection& connection) {
  return connection.downloads().rate().LastTwentySeconds(now) == 0 &&
         connection.uploads().rate().LastTwentySeconds(now) == 0;
}

}  // namespace

// A fifth of the connections is left to those who come to us; else a swarm of full peers would have
// no door.
uint32_t Torrent::State::DialledMax() const {
  return config.connections_max - config.connections_max / 5;
}

// And a fifth is left to those whom we choose; else strangers who come could take all places.
bool Torrent::State::HasPlaceToDial() const {
  if (connections.size() < DialledMax()) return true;
  return connections.size() < config.connections_max && incoming_count >= DialledMax();
}

bool Torrent::State::HasPlaceToAccept() const {
  if (connections.size() >= config.connections_max) return false;
  // With nobody left to dial, nothing needs to be kept.
  return incoming_count < DialledMax() || candidates.next_ready(swarm.complete()) == kNever;
}

bool Torrent::State::MayDialMore() const {
  if (phase == Phase::kFailed || phase == Phase::kChecking) return false;
  return HasPlaceToDial() && connections.size() - open_count < kDiallingMax;
}

// Behind a private address stand many peers, behind a public one a household.
bool Torrent::State::IsCrowded(const Endpoint& address) const {
  if (address.is_private()) return false;
  const auto count = std::count_if(connections.begin(), connections.end(),
                                   [&](const std::unique_ptr<Connection>& connection) {
                                     return connection->remote().SameAddress(address);
                                   });
  return count >= kPerAddressMax;
}

// Ends the connection that has been useless for longest, if there is one.
bool Torrent::State::MakeRoom(Time now) {
  if (fetch != nullptr) return false;  // interest says nothing before the metadata is known
  Connection* idlest = nullptr;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open()) continue;
    const Time since = connection->useless_since();
    if (since == kNever || now - since < kUselessMin) continue;
    if (idlest == nullptr || since < idlest->useless_since()) idlest = connection.get();
  }
  if (idlest == nullptr) return false;
  Drop(now, *idlest, Ending::kOurs, "room for another");
  return true;
}

// Is it ourselves, connected already, or (as far as one can tell) being dialled? Then it will not
// keep a second connection.
bool Torrent::State::IsMet(const PeerId& peer_id, const Endpoint& remote) const {
  if (peer_id == swarm.own_id) return true;
  return std::any_of(
      connections.begin(), connections.end(), [&](const std::unique_ptr<Connection>& connection) {
        return connection->is_open()
                   ? connection->peer_id() == peer_id
                   : connection->remote().SameAddress(remote) && !remote.is_private();
      });
}

// Ends the connection of the lowest priority, if that of `newcomer` is higher (BEP 40). Whoever is
// new, gives us something, takes something, or has all that we lack stays.
bool Torrent::State::MakeRoomFor(Time now, const Endpoint& newcomer) {
  const Endpoint* own = swarm.own_address.Towards(newcomer);
  if (fetch != nullptr || own == nullptr) return false;
  const bool keeps_dialled = incoming_count >= DialledMax();
  uint32_t lowest = PeerPriority(*own, newcomer);
  Connection* last = nullptr;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open() || (keeps_dialled && !connection->incoming())) continue;
    if (now - connection->opened_at() < kTrial) continue;
    if (connection->is_seed() && !swarm.complete()) continue;
    if (!IsIdle(now, *connection)) continue;
    const bool may_have_patience = now - connection->opened_at() < kPatienceMax;
    if (may_have_patience && swarm.first_copies != nullptr &&
        swarm.first_copies->ProgressOf(connection->id(), swarm.pieces->rarity()).has_begun) {
      continue;
    }
    const Endpoint* seen = swarm.own_address.Towards(connection->remote());
    if (seen == nullptr) continue;
    const uint32_t priority = PeerPriority(*seen, connection->remote());
    if (priority >= lowest) continue;
    lowest = priority;
    last = connection.get();
  }
  if (last == nullptr) return false;
  Drop(now, *last, Ending::kOurs, "room for one of higher priority");
  return true;
}

// Whose place another one should have: who wants nothing and has nothing for us; else, of those who
// have something and do not give it, the one that gave and took least. There are swarms in which
// most who claim to have everything never send a byte.
Connection* Torrent::State::FindUseless(Time now) const {
  const auto moved = [](const Connection& connection) {
    return connection.downloads().rate().total() + connection.uploads().rate().total();
  };
  Connection* useless = nullptr;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open()) continue;
    const Time since = connection->useless_since();
    if (fetch == nullptr && since != kNever && now - since >= kUselessMax) return connection.get();
    if (!IsFruitless(now, *connection)) continue;
    if (useless == nullptr || moved(*connection) < moved(*useless)) useless = connection.get();
  }
  return useless;
}

bool Torrent::State::HasBegunWith(const Connection& connection) const {
  if (swarm.pieces == nullptr) return false;
  const auto& open = swarm.pieces->open();
  return std::any_of(open.begin(), open.end(), [&connection](const OpenPiece* piece) {
    return piece->begun_by == connection.id();
  });
}

bool Torrent::State::IsFruitless(Time now, const Connection& connection) const {
  const Duration age = now - connection.opened_at();
  if (fetch != nullptr) {
    const bool offers_metadata = connection.metadata_size() > 0;
    return age >= (offers_metadata ? kUselessMax : kUselessMin);
  }
  if (phase != Phase::kDownloading || age < kUselessMax || !IsIdle(now, connection)) return false;
  if (!connection.peer_choking() && !connection.downloads().snubbed()) return false;
  // Of a slow seed a piece takes several turns with minutes between: what it gave would be lost.
  return age >= kPatienceMax || !HasBegunWith(connection);
}

}  // namespace starling::peer
