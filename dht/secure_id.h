// Node ids bound to addresses (BEP 42): the first 21 bits of an id must be the CRC32C of the
// masked address and of three bits that the last byte of the id repeats. So an attacker cannot
// choose where in the id space his few addresses stand.
#pragma once

#include "base/endpoint.h"
#include "base/id.h"
#include "base/random.h"

namespace starling::dht {

// What is made of ids that are not bound to their addresses.
enum class IdSecurity : uint8_t {
  kOff,      // nothing
  kPrefer,   // others push them out of full buckets and have half of the closest set
  kEnforce,  // they are not asked in lookups and enter no table; queries of theirs are answered
};

// An id that a node at `address` (its port does not matter) may have.
NodeId DrawSecureId(const Endpoint& address, Random& random);

// May a node at `address` have this id? Loopback and private addresses are exempt.
bool IsSecureId(const NodeId& id, const Endpoint& address);

}  // namespace starling::dht
