#include "sim/eclipse.h"

#include <algorithm>

#include "dht/secure_id.h"

namespace starling::sim {
namespace {

constexpr uint64_t kPurpose = 0x65636c69;
// The eight ids that an address may have differ in three bits that are drawn, and so does the rest.
constexpr int kTrials = 64;

NodeId NearestBoundId(const Endpoint& place, const NodeId& key, Random& random) {
  NodeId nearest = dht::DrawSecureId(place, random);
  for (int i = 1; i < kTrials; ++i) {
    const NodeId id = dht::DrawSecureId(place, random);
    if (IsCloser(key, id, nearest)) nearest = id;
  }
  return nearest;
}

}  // namespace

Eclipse::Eclipse(const World& world, DhtPopulation& network, uint32_t attackers, bool bound_ids) {
  SeededRandom random = SeededRandom::For(world.seed(), attackers, kPurpose);
  key_ = random.NextId<NodeId>();
  for (uint32_t i = 0; i < network.size(); ++i) {
    DhtHost& host = network[i];
    const Endpoint place = world.endpoint(host.index());
    if (i >= attackers) {
      if (bound_ids) host.SetId(dht::DrawSecureId(place, random));
      continue;
    }
    NodeId id = key_;
    StoreBig<uint32_t>(id.bytes.data() + 16, LoadBig<uint32_t>(id.bytes.data() + 16) ^ (i + 1));
    if (bound_ids) id = NearestBoundId(place, key_, random);
    host.SetId(id);
    ids_.push_back(id);
  }
  std::sort(ids_.begin(), ids_.end());
}

bool Eclipse::IsCaptured(std::span<const dht::Contact> closest) const {
  const auto his = std::count_if(closest.begin(), closest.end(), [&](const dht::Contact& contact) {
    return std::binary_search(ids_.begin(), ids_.end(), contact.id);
  });
  return 2 * static_cast<size_t>(his) > closest.size();
}

}  // namespace starling::sim
