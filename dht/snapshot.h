// A routing table at rest: a bencoded dictionary {"id": 20 bytes, "nodes": compact IPv4 contacts,
// "nodes6": compact IPv6 contacts}. The text may come from a damaged file: reading it is bounded
// and gives nothing rather than something wrong.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dht/contact.h"
#include "dht/krpc.h"

namespace starling::dht {

inline constexpr size_t kSnapshotSizeMax = 64 * 1024;
inline constexpr size_t kSnapshotNodesMax = 1024;

struct Snapshot {
  NodeId id;
  std::vector<krpc::Node> nodes;  // usable endpoints of both families
};

std::string WriteSnapshot(const NodeId& id, std::span<const Contact> contacts);
std::optional<Snapshot> ReadSnapshot(absl::string_view text);

}  // namespace starling::dht
