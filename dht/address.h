// What an address stands for. On the Internet an address is one participant; loopback and private
// networks run many nodes behind one address (tests, machines with several clients), so there an
// address counts together with its port.
#pragma once

#include <cstdint>

#include "base/endpoint.h"

namespace starling::dht {

enum class Scope : uint8_t { kLoopback, kPrivate, kPublic };
Scope ScopeOf(const Endpoint& endpoint);

// May a node at `from` be believed, or told, about `other`? A public node knows nothing of our
// private network, and whoever hears a loopback address from afar would only talk to itself.
inline bool CanReach(const Endpoint& from, const Endpoint& other) {
  return ScopeOf(other) >= ScopeOf(from);
}

// Do both belong to one participant, of which a routing table keeps one entry?
inline bool IsSameParticipant(const Endpoint& a, const Endpoint& b) {
  return a.SameAddress(b) && (a.port == b.port || !a.is_private());
}

// The participant that limits are kept for: address and port if private; the address if public,
// and of public IPv6 the /64, which is what one customer is given. The port is 0 if public.
Endpoint SourceOf(const Endpoint& endpoint);

}  // namespace starling::dht
