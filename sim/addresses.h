// Addresses are arithmetic: a fixed bijection between (slot, generation) and IPv4 addresses, so
// that finding a node by its address needs no map. A host that replaces another in its slot has a
// new address, and neighbouring slots lie in different prefixes, which keeps BEP 42 and limits a
// prefix meaningful. Nothing outside sim/ may know of this.
#pragma once

#include <cstdint>
#include <optional>

#include "base/endpoint.h"
#include "base/strong_int.h"

namespace starling::sim {

inline constexpr uint16_t kSimulatedPort = 6881;  // every simulated node listens here

class AddressPlan {
 public:
  enum class Space {
    kPublic,  // 16.0.0.0 to 79.255.255.255: 2^30 public unicast addresses
    kLan,     // 10.0.0.0/8, in order
  };
  struct Resident {
    NodeIndex slot;
    uint32_t generation;
  };

  // Room for 2^slot_bits slots; what is left of the space counts generations, which wrap around.
  AddressPlan(Space space, int slot_bits);

  uint32_t slots_max() const { return uint32_t{1} << slot_bits_; }
  uint32_t generations() const { return uint32_t{1} << (space_bits_ - slot_bits_); }
  Endpoint EndpointOf(NodeIndex slot, uint32_t generation) const;
  // Whose address it is, whatever the port; nullopt outside of the space.
  std::optional<Resident> Find(const Endpoint& endpoint) const;

 private:
  int slot_bits_;
  int space_bits_;
  uint32_t base_;
  uint32_t multiplier_;  // odd, so multiplying is a bijection modulo a power of two
  uint32_t inverse_;
};

}  // namespace starling::sim
