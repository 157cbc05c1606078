#include "sim/reachability.h"

#include <algorithm>

#include "base/check.h"
#include "base/random.h"

namespace starling::sim {
namespace {

constexpr uint64_t kClassPurpose = 0x72656163;
constexpr uint32_t kLifeMs = static_cast<uint32_t>(kMappingLife.count() / 1000);

// Wraps after 49 days; differences are right all the same.
uint32_t Milliseconds(Time now) {
  return static_cast<uint32_t>(now.time_since_epoch().count() / 1000);
}

// Simulated addresses are IPv4; any other names no host.
uint32_t AddressOf(const Endpoint& endpoint) { return endpoint.is_v4() ? endpoint.v4() : 0; }

}  // namespace

Reachability DrawReachability(const ReachabilityMix& mix, uint64_t seed, NodeIndex node,
                              uint64_t session) {
  CHECK(mix.public_percent + mix.cone_percent <= 100);
  const uint64_t who = HashNumbers({node.value(), session});
  SeededRandom random = SeededRandom::For(seed, who, kClassPurpose);
  const uint64_t draw = random.Below(100);
  if (draw < mix.public_percent) return Reachability::kPublic;
  return draw < mix.public_percent + mix.cone_percent ? Reachability::kCone
                                                      : Reachability::kBlocked;
}

void Mappings::OnSent(Time now, NodeIndex from, const Endpoint& to) {
  if (from.value() >= of_.size()) of_.resize(from.value() + 1);
  std::vector<Mapping>& mappings = of_[from.value()];
  const uint32_t address = AddressOf(to);
  const uint32_t now_ms = Milliseconds(now);
  for (Mapping& mapping : mappings) {
    if (mapping.address != address) continue;
    mapping.sent_ms = now_ms;
    return;
  }
  // Room is made before the memory grows, so that it stays what one mapping life needs.
  if (mappings.size() == mappings.capacity() || mappings.size() >= kMappingsMax) {
    std::erase_if(mappings, [&](const Mapping& each) { return now_ms - each.sent_ms > kLifeMs; });
  }
  if (mappings.size() >= kMappingsMax) {
    const auto oldest =
        std::max_element(mappings.begin(), mappings.end(), [&](const Mapping& a, const Mapping& b) {
          return now_ms - a.sent_ms < now_ms - b.sent_ms;
        });
    *oldest = {address, now_ms};
    return;
  }
  mappings.push_back({address, now_ms});
}

bool Mappings::Admits(Time now, NodeIndex to, const Endpoint& from) const {
  if (to.value() >= of_.size()) return false;
  const uint32_t address = AddressOf(from);
  const uint32_t now_ms = Milliseconds(now);
  for (const Mapping& mapping : of_[to.value()]) {
    if (mapping.address == address) return now_ms - mapping.sent_ms <= kLifeMs;
  }
  return false;
}

void Mappings::Forget(NodeIndex node) {
  if (node.value() < of_.size()) of_[node.value()].clear();
}

}  // namespace starling::sim
