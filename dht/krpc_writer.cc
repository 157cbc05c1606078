#include "dht/krpc_writer.h"

#include <algorithm>

namespace starling::dht::krpc {
namespace {

void WriteEndpoint(bencode::Writer& writer, const Endpoint& endpoint) {
  std::array<std::byte, kCompactSizeMax> compact;
  const size_t size = WriteCompact(endpoint, compact.data());
  writer.Bytes(ByteView(compact).first(size));
}

void WriteSeenAs(bencode::Writer& writer, const Envelope& envelope) {
  if (!envelope.seen_as.has_value()) return;
  writer.Key("ip");
  WriteEndpoint(writer, *envelope.seen_as);
}

void WriteWant(bencode::Writer& writer, const Want& want) {
  if (!want.v4 && !want.v6) return;
  writer.Key("want").BeginList();
  if (want.v4) writer.String("n4");
  if (want.v6) writer.String("n6");
  writer.End();
}

// `t`, `v` and `y`, which come last in every message.
size_t Finish(bencode::Writer& writer, const Envelope& envelope, absl::string_view kind) {
  writer.Key("t").Bytes(envelope.transaction_id);
  if (!envelope.version.empty()) writer.Key("v").String(envelope.version);
  writer.Key("y").String(kind).End();
  return writer.ok() ? writer.size() : 0;
}

size_t FinishQuery(bencode::Writer& writer, const Envelope& envelope, absl::string_view method) {
  writer.End();
  writer.Key("q").String(method);
  if (envelope.is_read_only) writer.Key("ro").Integer(1);
  return Finish(writer, envelope, "q");
}

void BeginArguments(bencode::Writer& writer, const NodeId& id) {
  writer.BeginDict().Key("a").BeginDict();
  writer.Key("id").Bytes(id.view());
}

void WriteNodes(bencode::Writer& writer, absl::string_view key, size_t node_size,
                std::span<const Contact* const> nodes) {
  writer.Key(key).StringHead(nodes.size() * node_size);
  for (const Contact* node : nodes) {
    std::array<std::byte, kNodeV6Size> compact;
    std::copy(node->id.bytes.begin(), node->id.bytes.end(), compact.begin());
    WriteCompact(node->endpoint, compact.data() + NodeId::kSize);
    writer.Raw(ByteView(compact).first(node_size));
  }
}

}  // namespace

size_t Write(ByteSpan space, const Envelope& envelope, const Ping& query) {
  bencode::Writer writer(space);
  BeginArguments(writer, query.id);
  return FinishQuery(writer, envelope, "ping");
}

size_t Write(ByteSpan space, const Envelope& envelope, const FindNode& query) {
  bencode::Writer writer(space);
  BeginArguments(writer, query.id);
  writer.Key("target").Bytes(query.target.view());
  WriteWant(writer, query.want);
  return FinishQuery(writer, envelope, "find_node");
}

size_t Write(ByteSpan space, const Envelope& envelope, const GetPeers& query) {
  bencode::Writer writer(space);
  BeginArguments(writer, query.id);
  writer.Key("info_hash").Bytes(query.info_hash.view());
  WriteWant(writer, query.want);
  return FinishQuery(writer, envelope, "get_peers");
}

size_t Write(ByteSpan space, const Envelope& envelope, const AnnouncePeer& query) {
  bencode::Writer writer(space);
  BeginArguments(writer, query.id);
  if (query.implied_port) writer.Key("implied_port").Integer(1);
  writer.Key("info_hash").Bytes(query.info_hash.view());
  writer.Key("port").Integer(query.port);
  writer.Key("token").Bytes(query.token);
  return FinishQuery(writer, envelope, "announce_peer");
}

size_t Write(ByteSpan space, const Envelope& envelope, const Answer& answer) {
  bencode::Writer writer(space);
  writer.BeginDict();
  WriteSeenAs(writer, envelope);
  writer.Key("r").BeginDict();
  writer.Key("id").Bytes(answer.id.view());
  if (answer.nodes.has_value()) WriteNodes(writer, "nodes", kNodeV4Size, *answer.nodes);
  if (answer.nodes6.has_value()) WriteNodes(writer, "nodes6", kNodeV6Size, *answer.nodes6);
  if (!answer.token.empty()) writer.Key("token").Bytes(answer.token);
  if (!answer.values.empty()) {
    writer.Key("values").BeginList();
    for (const Endpoint& peer : answer.values) WriteEndpoint(writer, peer);
    writer.End();
  }
  writer.End();
  return Finish(writer, envelope, "r");
}

size_t Write(ByteSpan space, const Envelope& envelope, const Error& error) {
  bencode::Writer writer(space);
  writer.BeginDict().Key("e").BeginList().Integer(error.code).String(error.text).End();
  WriteSeenAs(writer, envelope);
  return Finish(writer, envelope, "e");
}

size_t AnswerSizeMax(const Envelope& envelope, const Answer& answer) {
  constexpr size_t kFixed = 128;  // all keys, heads and ends, our id and the address
  size_t size = kFixed + envelope.transaction_id.size() + envelope.version.size();
  if (answer.nodes.has_value()) size += answer.nodes->size() * kNodeV4Size;
  if (answer.nodes6.has_value()) size += answer.nodes6->size() * kNodeV6Size;
  return size + answer.token.size();
}

}  // namespace starling::dht::krpc
