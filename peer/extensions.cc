#include "peer/extensions.h"

#include <utility>

namespace starling::peer {

void Extensions::SendHandshake(const Endpoint& remote) {
  if (!enabled_) return;
  ExtensionHandshake ours;
  ours.metadata_id = kMetadataExtensionId;
  ours.peer_exchange_id = swarm_.peer_exchange ? kPeerExchangeExtensionId : 0;
  if (swarm_.metainfo != nullptr) {
    ours.metadata_size = static_cast<uint32_t>(swarm_.metainfo->info.size());
  }
  if (swarm_.listen_port != 0) ours.port = swarm_.listen_port;
  ours.request_queue = kRequestQueueMax;
  ours.version = swarm_.version;
  Endpoint seen = remote;
  seen.port = 0;
  ours.your_ip = seen;
  ours.upload_only = swarm_.complete();
  link_.Write(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(ours)});
}

bool Extensions::OnHandshake(const Endpoint& remote, const Slice& payload) {
  const std::optional<ExtensionHandshake> said = ParseExtensionHandshake(payload.view());
  if (!said.has_value()) return false;
  // A later handshake adds to what was said before.
  peer_.metadata_id = said->metadata_id.value_or(peer_.metadata_id);
  peer_.peer_exchange_id = said->peer_exchange_id.value_or(peer_.peer_exchange_id);
  peer_.metadata_size = said->metadata_size.value_or(peer_.metadata_size);
  // But a peer listens at one port: with ever new ones it could fill the peer set by itself.
  if (peer_.port == 0) peer_.port = said->port.value_or(0);
  peer_.request_queue = said->request_queue.value_or(peer_.request_queue);
  if (said->your_ip.has_value()) {
    Endpoint own = *said->your_ip;
    own.port = swarm_.listen_port;
    swarm_.own_address.Hear(remote, own);
  }
  return true;
}

void Extensions::AskMetadata(uint32_t piece) {
  if (!can_ask_metadata()) return;
  link_.Write(Extended{peer_.metadata_id, EncodeMetadataRequest(piece)});
}

bool Extensions::OnMetadataRequest(Time now, uint32_t piece) {
  if (!can_ask_metadata()) return true;  // it named no id that we could answer with
  if (serve_ == nullptr) serve_ = std::make_unique<MetadataServe>();
  serve_->OnRequest(piece);
  ServeMetadata(now);
  return !serve_->flooding();
}

void Extensions::ServeMetadata(Time now) {
  if (serve_ == nullptr || !can_ask_metadata()) return;
  const absl::string_view info =
      swarm_.metainfo == nullptr ? absl::string_view() : absl::string_view(swarm_.metainfo->info);
  while (std::optional<Slice> answer = serve_->NextAnswer(now, info, link_.unsent())) {
    link_.Write(Extended{peer_.metadata_id, *std::move(answer)});
  }
}

Time Extensions::next_exchange(const PeerJournal& journal) const {
  if (!can_exchange_peers() || !journal.HasNews(told_)) return kNever;
  const bool is_much = journal.CountNews(told_) * kLittleNews >= journal.size();
  return is_much ? next_exchange_ : next_exchange_ + kPatience;
}

void Extensions::SendPeers(Time now, const PeerJournal& journal, const Endpoint& receiver) {
  if (now < next_exchange(journal)) return;
  const PexMessage message = journal.Since(receiver, &told_);
  if (message.added.empty() && message.dropped.empty()) return;
  next_exchange_ = now + kPexInterval;
  link_.Write(Extended{peer_.peer_exchange_id, EncodePeerExchange(message)});
}

std::optional<PexMessage> Extensions::OnPeers(Time now, const Slice& payload) {
  if (!swarm_.peer_exchange) return std::nullopt;
  return pex_receiver_.OnMessage(now, payload.view());
}

}  // namespace starling::peer
