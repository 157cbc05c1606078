// Ids for the nodes of one machine that has several addresses (BEP 45): each address is a node of
// its own, and they stand far apart, so that the machine's end takes no slice of the id space with
// it.
#pragma once

#include <cstdint>

#include "base/id.h"
#include "base/random.h"

namespace starling::dht {

// An id whose first eight bits are those of `base` with the bits of `index` added from the highest
// on: the first 255 indices, from 1 on, differ in them from `base` and from each other.
NodeId DrawSpreadId(const NodeId& base, uint8_t index, Random& random);

}  // namespace starling::dht
