#include "dht/spread_id.h"

namespace starling::dht {

NodeId DrawSpreadId(const NodeId& base, uint8_t index, Random& random) {
  unsigned reversed = 0;
  for (unsigned bit = 0; bit < 8; ++bit) reversed |= ((index >> bit) & 1u) << (7 - bit);
  NodeId id = random.NextId<NodeId>();
  id.bytes[0] = base.bytes[0] ^ static_cast<std::byte>(reversed);
  return id;
}

}  // namespace starling::dht
