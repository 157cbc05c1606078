#include "dht/snapshot.h"

#include <algorithm>

namespace starling::dht {
namespace {

std::string Compact(std::span<const Contact> contacts, bool is_v4) {
  std::string text;
  for (const Contact& contact : contacts) {
    if (contact.endpoint.is_v4() != is_v4) continue;
    std::array<std::byte, kCompactSizeMax> compact;
    const size_t size = WriteCompact(contact.endpoint, compact.data());
    text.append(AsText(contact.id.view()).data(), NodeId::kSize);
    text.append(AsText(compact).data(), size);
  }
  return text;
}

void ReadNodes(std::optional<absl::string_view> text, size_t node_size,
               std::vector<krpc::Node>& nodes) {
  if (!text.has_value() || text->size() % node_size != 0) return;
  const size_t count = krpc::CountNodes(AsBytes(*text), node_size);
  for (size_t i = 0; i < count && nodes.size() < kSnapshotNodesMax; ++i) {
    const krpc::Node node = krpc::NodeAt(AsBytes(*text), node_size, i);
    const bool is_of_family = node.endpoint.is_v4() == (node_size == krpc::kNodeV4Size);
    if (is_of_family && node.endpoint.is_usable()) nodes.push_back(node);
  }
}

}  // namespace

std::string WriteSnapshot(const NodeId& id, std::span<const Contact> contacts) {
  std::string text;
  bencode::Writer writer(&text);
  writer.BeginDict();
  writer.Key("id").Bytes(id.view());
  writer.Key("nodes").String(Compact(contacts, true));
  writer.Key("nodes6").String(Compact(contacts, false));
  writer.End();
  return text;
}

std::optional<Snapshot> ReadSnapshot(absl::string_view text) {
  if (text.size() > kSnapshotSizeMax) return std::nullopt;
  const std::optional<bencode::Value> value =
      bencode::Parse(AsBytes(text), {.depth_max = 8, .tokens_max = 64});
  if (!value.has_value()) return std::nullopt;
  const std::optional<absl::string_view> id = value->FindString("id");
  if (!id.has_value() || id->size() != NodeId::kSize) return std::nullopt;
  Snapshot snapshot;
  snapshot.id = NodeId::FromBytes(AsBytes(*id));
  ReadNodes(value->FindString("nodes"), krpc::kNodeV4Size, snapshot.nodes);
  ReadNodes(value->FindString("nodes6"), krpc::kNodeV6Size, snapshot.nodes);
  return snapshot;
}

}  // namespace starling::dht
