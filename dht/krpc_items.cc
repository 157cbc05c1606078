#include "dht/krpc_items.h"

#include <algorithm>
#include <array>

namespace starling::dht::krpc {
namespace {

// The bytes of `t`, `v` and `y`, and the end of the message.
void Finish(bencode::Writer& writer, const Envelope& envelope, absl::string_view kind) {
  writer.Key("t").Bytes(envelope.transaction_id);
  if (!envelope.version.empty()) writer.Key("v").String(envelope.version);
  writer.Key("y").String(kind).End();
}

size_t FinishQuery(bencode::Writer& writer, const Envelope& envelope, absl::string_view method) {
  writer.End().Key("q").String(method);
  if (envelope.is_read_only) writer.Key("ro").Integer(1);
  Finish(writer, envelope, "q");
  return writer.ok() ? writer.size() : 0;
}

void WriteCompactTo(bencode::Writer& writer, const Endpoint& endpoint) {
  std::array<std::byte, kCompactSizeMax> compact;
  writer.Raw(ByteView(compact).first(WriteCompact(endpoint, compact.data())));
}

void WriteSeenAs(bencode::Writer& writer, const Envelope& envelope) {
  if (!envelope.seen_as.has_value()) return;
  writer.Key("ip").StringHead(CompactSize(*envelope.seen_as));
  WriteCompactTo(writer, *envelope.seen_as);
}

using Nodes = std::optional<std::span<const Contact* const>>;

void WriteNodes(bencode::Writer& writer, absl::string_view key, size_t node_size,
                const Nodes& nodes) {
  if (!nodes.has_value()) return;
  writer.Key(key).StringHead(nodes->size() * node_size);
  for (const Contact* node : *nodes) {
    writer.Raw(node->id.view());
    WriteCompactTo(writer, node->endpoint);
  }
}

size_t WriteWhole(ByteSpan space, const Envelope& envelope, const ItemAnswer& answer) {
  const ItemView& item = answer.item;
  const bool has_proof = !item.value.empty() && item.is_mutable();
  bencode::Writer writer(space);
  writer.BeginDict();
  WriteSeenAs(writer, envelope);
  writer.Key("r").BeginDict().Key("id").Bytes(answer.id.view());
  if (has_proof) writer.Key("k").Bytes({item.key, PublicKey::kSize});
  WriteNodes(writer, "nodes", kNodeV4Size, answer.nodes);
  WriteNodes(writer, "nodes6", kNodeV6Size, answer.nodes6);
  if (answer.seq.has_value()) writer.Key("seq").Integer(*answer.seq);
  if (has_proof) writer.Key("sig").Bytes({item.signature, Signature::kSize});
  if (!answer.token.empty()) writer.Key("token").Bytes(answer.token);
  if (!item.value.empty()) writer.Key("v").Raw(item.value);
  writer.End();
  Finish(writer, envelope, "r");
  return writer.ok() ? writer.size() : 0;
}

size_t CountNodes(const Nodes& nodes) { return nodes.has_value() ? nodes->size() : 0; }

// Leaves out the farthest node of the longer list, in the end the lists themselves; false if there
// is nothing left.
bool DropNode(ItemAnswer& answer) {
  if (!answer.nodes.has_value() && !answer.nodes6.has_value()) return false;
  Nodes& longer = CountNodes(answer.nodes6) > CountNodes(answer.nodes) || !answer.nodes.has_value()
                      ? answer.nodes6
                      : answer.nodes;
  if (longer->empty()) {
    longer.reset();
  } else {
    longer = longer->first(longer->size() - 1);
  }
  return true;
}

}  // namespace

void TakeItemText(absl::string_view key, absl::string_view text, ItemFields& fields) {
  if (key == "k") fields.key = AsBytes(text);
  if (key == "sig") fields.signature = AsBytes(text);
  if (key == "salt") fields.salt = AsBytes(text);
}

void TakeItemOther(absl::string_view key, const bencode::Value& value, ItemFields& fields) {
  if (key == "seq") fields.seq = value.integer();
  if (key == "cas") fields.cas = value.integer();
  if (key == "v") fields.value = value.raw();
}

std::optional<ItemView> MakeItem(const ItemFields& fields) {
  ItemView item;
  item.value = fields.value;
  if (fields.key.empty() && fields.signature.empty()) return item;
  if (fields.key.size() != PublicKey::kSize || fields.signature.size() != Signature::kSize ||
      !fields.seq.has_value()) {
    return std::nullopt;
  }
  item.key = fields.key.data();
  item.signature = fields.signature.data();
  item.salt = fields.salt;
  item.seq = *fields.seq;
  return item;
}

size_t Write(ByteSpan space, const Envelope& envelope, const Get& query) {
  bencode::Writer writer(space);
  writer.BeginDict().Key("a").BeginDict().Key("id").Bytes(query.id.view());
  if (query.seq.has_value()) writer.Key("seq").Integer(*query.seq);
  writer.Key("target").Bytes(query.target.view());
  if (query.want.v4 || query.want.v6) {
    writer.Key("want").BeginList();
    if (query.want.v4) writer.String("n4");
    if (query.want.v6) writer.String("n6");
    writer.End();
  }
  return FinishQuery(writer, envelope, "get");
}

size_t Write(ByteSpan space, const Envelope& envelope, const Put& query) {
  const ItemView& item = query.item;
  bencode::Writer writer(space);
  writer.BeginDict().Key("a").BeginDict();
  if (query.cas.has_value() && item.is_mutable()) writer.Key("cas").Integer(*query.cas);
  writer.Key("id").Bytes(query.id.view());
  if (item.is_mutable()) {
    writer.Key("k").Bytes({item.key, PublicKey::kSize});
    if (!item.salt.empty()) writer.Key("salt").Bytes(item.salt);
    writer.Key("seq").Integer(item.seq);
    writer.Key("sig").Bytes({item.signature, Signature::kSize});
  }
  writer.Key("token").Bytes(query.token).Key("v").Raw(item.value);
  return FinishQuery(writer, envelope, "put");
}

size_t Write(ByteSpan space, const Envelope& envelope, const ItemAnswer& answer) {
  const ByteSpan room = space.first(std::min(space.size(), ItemAnswer::kSizeMax));
  ItemAnswer smaller = answer;
  Envelope shorter = envelope;
  while (true) {
    const size_t size = WriteWhole(room, shorter, smaller);
    if (size > 0) return size;
    if (DropNode(smaller)) continue;
    if (shorter.seen_as.has_value() || !shorter.version.empty()) {
      shorter.seen_as.reset();
      shorter.version = {};
    } else if (!smaller.item.value.empty()) {
      smaller = answer;
      smaller.item = {};
      shorter = envelope;
    } else {
      return 0;
    }
  }
}

}  // namespace starling::dht::krpc
