#include "dht/address.h"

#include <algorithm>

namespace starling::dht {

Scope ScopeOf(const Endpoint& endpoint) {
  if (endpoint.is_loopback()) return Scope::kLoopback;
  return endpoint.is_private() ? Scope::kPrivate : Scope::kPublic;
}

Endpoint SourceOf(const Endpoint& endpoint) {
  if (endpoint.is_private()) return endpoint;
  Endpoint source = endpoint;
  source.port = 0;
  if (!source.is_v4()) std::fill(source.address.begin() + 8, source.address.end(), std::byte{0});
  return source;
}

}  // namespace starling::dht
