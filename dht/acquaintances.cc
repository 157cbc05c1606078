#include "dht/acquaintances.h"

#include <algorithm>

namespace starling::dht {
namespace {

constexpr uint64_t kRouterEvery = 8;

}  // namespace

void Acquaintances::Remember(const Endpoint& endpoint, Random& random) {
  if (std::find(known_.begin(), known_.end(), endpoint) != known_.end()) return;
  if (known_.size() < kMax) {
    known_.push_back(endpoint);
  } else {
    known_[static_cast<size_t>(random.Below(kMax))] = endpoint;
  }
}

std::optional<Endpoint> Acquaintances::Choose(std::span<const Endpoint> routers,
                                              Random& random) const {
  if (known_.empty()) return std::nullopt;
  const bool is_router = !routers.empty() && random.Below(kRouterEvery) == 0;
  const std::span<const Endpoint> choice = is_router ? routers : std::span(known_);
  return choice[static_cast<size_t>(random.Below(choice.size()))];
}

}  // namespace starling::dht
