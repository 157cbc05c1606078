#include "sim/watch_text.h"

#include <bit>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "dht/krpc.h"
#include "peer/metadata_exchange.h"
#include "peer/peer_exchange.h"

namespace starling::sim {
namespace {

namespace krpc = dht::krpc;

constexpr size_t kTextSizeMax = 100;       // of a stranger's words
constexpr size_t kTransactionSizeMax = 8;  // bytes shown
constexpr size_t kIdDigits = 8;            // enough to tell ids apart

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string Short(ByteView id) { return ToHex(id).substr(0, kIdDigits); }
std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", peer::PrintableText(text, kTextSizeMax), "\"");
}

std::string CountText(size_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

std::string ReplyText(const krpc::Reply& reply) {
  std::string text = absl::StrCat("answer of ", Short(reply.id.view()));
  const size_t nodes = krpc::CountNodes(reply.nodes, krpc::kNodeV4Size) +
                       krpc::CountNodes(reply.nodes6, krpc::kNodeV6Size);
  if (nodes > 0) absl::StrAppend(&text, ", ", CountText(nodes, "node", "nodes"));
  if (reply.values.has_value()) {
    size_t peers = 0;
    for ([[maybe_unused]] const auto& value : *reply.values) ++peers;
    absl::StrAppend(&text, ", ", CountText(peers, "peer", "peers"));
  }
  if (!reply.token.empty()) text += ", a token";
  return text;
}

std::string BodyText(const krpc::Message& message) {
  const auto from = [](const NodeId& id) { return absl::StrCat(", id ", Short(id.view())); };
  return std::visit(
      Overloaded{
          [&](const krpc::Ping& m) { return absl::StrCat("ping", from(m.id)); },
          [&](const krpc::FindNode& m) {
            return absl::StrCat("find_node ", Short(m.target.view()), from(m.id));
          },
          [&](const krpc::GetPeers& m) {
            return absl::StrCat("get_peers ", Short(m.info_hash.view()), from(m.id));
          },
          [&](const krpc::AnnouncePeer& m) {
            return absl::StrCat("announce_peer ", Short(m.info_hash.view()), " port ",
                                m.implied_port ? "implied" : absl::StrCat(m.port), from(m.id));
          },
          [&](const krpc::Get& m) {
            return absl::StrCat("get ", Short(m.target.view()), from(m.id));
          },
          [&](const krpc::Put& m) { return absl::StrCat("put", from(m.id)); },
          [&](const krpc::SampleInfohashes& m) {
            return absl::StrCat("sample_infohashes ", Short(m.target.view()), from(m.id));
          },
          [](const krpc::BadQuery& m) { return absl::StrCat("bad query: ", m.why); },
          [](const krpc::Reply& m) { return ReplyText(m); },
          [](const krpc::Error& m) { return absl::StrCat("error ", m.code, " ", Quoted(m.text)); },
      },
      message.body);
}

std::string BitfieldText(const peer::BitfieldMessage& message) {
  size_t pieces = 0;
  for (const std::byte byte : message.bytes.view()) {
    pieces += static_cast<size_t>(std::popcount(std::to_integer<uint8_t>(byte)));
  }
  return absl::StrCat("bitfield with ", CountText(pieces, "piece", "pieces"));
}

std::string ExtensionHandshakeText(const peer::Extended& message) {
  const std::optional<peer::ExtensionHandshake> handshake =
      peer::ParseExtensionHandshake(message.payload.view());
  if (!handshake.has_value()) return "extension handshake that is damaged";
  std::string text = "extension handshake";
  if (handshake->metadata_id.value_or(0) != 0) text += ", ut_metadata";
  if (handshake->peer_exchange_id.value_or(0) != 0) text += ", ut_pex";
  if (handshake->metadata_size.has_value()) {
    absl::StrAppend(&text, ", metadata of ", *handshake->metadata_size, " bytes");
  }
  if (handshake->request_queue.has_value()) {
    absl::StrAppend(&text, ", reqq ", *handshake->request_queue);
  }
  if (handshake->upload_only) text += ", upload only";
  if (!handshake->version.empty()) absl::StrAppend(&text, ", ", Quoted(handshake->version));
  return text;
}

std::string MetadataText(const peer::Extended& message) {
  static constexpr absl::string_view kKinds[] = {"request", "data", "reject", "unknown"};
  const std::optional<peer::MetadataMessage> metadata =
      peer::ParseMetadataMessage(message.payload.view());
  if (!metadata.has_value()) return "ut_metadata that is damaged";
  return absl::StrCat("ut_metadata ", kKinds[static_cast<size_t>(metadata->kind)], " ",
                      metadata->piece);
}

std::string PeerExchangeText(const peer::Extended& message) {
  const std::optional<peer::PexMessage> exchange = peer::ParsePeerExchange(message.payload.view());
  if (!exchange.has_value()) return "ut_pex that is damaged";
  return absl::StrCat("ut_pex with ", CountText(exchange->added.size(), "peer", "peers"), " more, ",
                      exchange->dropped.size(), " gone");
}

}  // namespace

std::string DatagramText(ByteView bytes) {
  const std::optional<krpc::Message> message = krpc::Parse(bytes);
  if (!message.has_value()) return absl::StrCat(bytes.size(), " bytes that are no KRPC");
  const ByteView transaction = message->transaction_id;
  const size_t shown = std::min(transaction.size(), kTransactionSizeMax);
  return absl::StrCat(BodyText(*message), ", transaction ", ToHex(transaction.first(shown)), ", ",
                      bytes.size(), " bytes");
}

std::string HandshakeText(const peer::Handshake& handshake) {
  const absl::string_view client = AsText(handshake.peer_id.view()).substr(0, 8);
  return absl::StrCat("handshake ", Short(handshake.info_hash.view()), ", client ", Quoted(client),
                      handshake.supports_dht ? ", dht" : "",
                      handshake.supports_fast ? ", fast" : "",
                      handshake.supports_extensions ? ", extensions" : "");
}

std::string MessageText(const peer::Message& message, const ExtensionIds& ids) {
  if (const auto* bitfield = std::get_if<peer::BitfieldMessage>(&message)) {
    return BitfieldText(*bitfield);
  }
  if (const auto* extended = std::get_if<peer::Extended>(&message)) {
    if (extended->id == peer::kExtensionHandshakeId) return ExtensionHandshakeText(*extended);
    if (extended->id == ids.metadata) return MetadataText(*extended);
    if (extended->id == ids.peer_exchange) return PeerExchangeText(*extended);
  }
  return peer::ToText(message);
}

std::string EventText(const Event& event) {
  return std::visit(
      Overloaded{
          [](const MetadataEvent& e) {
            return absl::StrCat("metadata of ", Quoted(e.name), e.from_peers ? " from peers" : "",
                                ": ", e.total_size, " bytes in ",
                                CountText(e.piece_count, "piece", "pieces"));
          },
          [](const CheckedEvent& e) { return absl::StrCat("checked: ", e.have_bytes, " bytes"); },
          [](const PieceFailedEvent& e) {
            return absl::StrCat("piece ", e.piece.value(), " has a wrong hash");
          },
          [](const PeerBannedEvent& e) {
            return absl::StrCat("banned ", e.peer.ToString(), ": ", Quoted(e.why));
          },
          [](const CompleteEvent& e) {
            return absl::StrCat("complete, ", e.downloaded, " bytes downloaded");
          },
          [](const TorrentFailedEvent& e) { return absl::StrCat("failed: ", Quoted(e.why)); },
          [](const TrackerEvent& e) {
            return absl::StrCat(
                "tracker ", Quoted(e.url), ": ",
                e.message.empty() ? CountText(e.peers, "peer", "peers") : Quoted(e.message));
          },
          [](const UnreachableEvent& e) {
            return absl::StrCat("nobody connects to port ", e.port);
          },
      },
      event);
}

}  // namespace starling::sim
