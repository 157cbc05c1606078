// The time before the metadata is known (BEP 9): it is fetched from several peers at once, and
// when its hash is right the store is opened.
#include <utility>

#include "peer/torrent_state.h"

namespace starling::peer {

void Torrent::State::OnExtensionHandshake(Time now, Connection& connection) {
  if (swarm.own_address.TakeChange()) candidates.OnOwnAddress();
  if (connection.incoming()) {
    const std::optional<Endpoint> at = connection.listens_at();
    if (at.has_value() && !bans.IsBanned(*at)) {
      candidates.Add(*at, PeerSource::kIncoming);
      candidates.SetInUse(*at);
      if (connection.is_seed()) candidates.SetSeed(*at);
    }
  }
  NoteInJournal(connection);
  const PeerSays& said = connection.extensions().peer();
  if (fetch == nullptr || said.metadata_id == 0 || said.metadata_size == 0) return;
  fetch->AddSource(now, connection.id(), said.metadata_size);
  PumpMetadata(now);
}

void Torrent::State::OnMetadata(Time now, Connection& connection, const MetadataMessage& message) {
  if (fetch == nullptr) return;
  if (message.kind == MetadataMessage::Kind::kData) {
    fetch->OnData(now, connection.id(), message);
  } else if (message.kind == MetadataMessage::Kind::kReject) {
    fetch->OnReject(now, connection.id(), message.piece);
  }
  PumpMetadata(now);
}

void Torrent::State::PumpMetadata(Time now) {
  if (fetch == nullptr) return;
  for (const ConnectionId liar : fetch->TakeLiars()) Ban(now, liar, "sent false metadata");
  if (fetch == nullptr) return;
  if (fetch->done()) {
    FinishMetadata(now);
    return;
  }
  while (const std::optional<MetadataFetch::Ask> ask = fetch->NextRequest(now)) {
    Connection* connection = Find(ask->peer);
    if (connection == nullptr) continue;
    connection->extensions().AskMetadata(ask->piece);
    connection->Flush(now);
  }
  tick.SetEarlier(fetch->next_deadline());
}

void Torrent::State::FinishMetadata(Time now) {
  const std::string info = fetch->TakeInfo();
  fetch.reset();
  absl::StatusOr<storage::Metainfo> parsed = storage::ParseInfo(AsBytes(info));
  if (!parsed.ok()) {
    Fail(now, parsed.status());
    return;
  }
  swarm.metainfo = std::make_shared<const storage::Metainfo>(*std::move(parsed));
  if (swarm.metainfo->is_private) {
    swarm.is_private = true;
    swarm.peer_exchange = false;
  }
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (!connection->is_open()) continue;
    connection->LearnPieceCount();
    // Now we can serve the metadata, and a private torrent takes no peer exchange.
    connection->extensions().SendHandshake(connection->remote());
    connection->Flush(now);
  }
  OpenStore(now);
  if (phase == Phase::kFailed) return;
  seams.handler.OnMetadata(now, self, /*from_peers=*/true);
}

}  // namespace starling::peer
