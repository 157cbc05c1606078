#include "sim/addresses.h"

#include "base/check.h"

namespace starling::sim {
namespace {

// The inverse of an odd number modulo 2^32 by Newton's iteration: each round doubles the good bits.
constexpr uint32_t InverseOf(uint32_t odd) {
  uint32_t inverse = odd;
  for (int round = 0; round < 5; ++round) inverse *= 2 - odd * inverse;
  return inverse;
}

// 2^30 divided by the golden ratio: neighbours are far apart, and stay so as the slots grow.
constexpr uint32_t kScatter = 663608941;
static_assert(kScatter * InverseOf(kScatter) == 1);

}  // namespace

AddressPlan::AddressPlan(Space space, int slot_bits)
    : slot_bits_(slot_bits),
      space_bits_(space == Space::kPublic ? 30 : 24),
      base_(space == Space::kPublic ? 16u << 24 : 10u << 24),
      multiplier_(space == Space::kPublic ? kScatter : 1),
      inverse_(InverseOf(multiplier_)) {
  CHECK(slot_bits > 0 && slot_bits <= space_bits_);
}

Endpoint AddressPlan::EndpointOf(NodeIndex slot, uint32_t generation) const {
  const uint32_t mask = (uint32_t{1} << space_bits_) - 1;
  // One is added so that no host of the LAN is 10.0.0.0.
  const uint32_t number = ((generation << slot_bits_ | slot.value()) + 1) & mask;
  return Endpoint::V4(base_ + ((number * multiplier_) & mask), kSimulatedPort);
}

std::optional<AddressPlan::Resident> AddressPlan::Find(const Endpoint& endpoint) const {
  if (!endpoint.is_v4()) return std::nullopt;
  const uint32_t mask = (uint32_t{1} << space_bits_) - 1;
  const uint32_t offset = endpoint.v4() - base_;
  if (offset > mask) return std::nullopt;
  const uint32_t number = ((offset * inverse_) - 1) & mask;
  return Resident{NodeIndex(number & (slots_max() - 1)), number >> slot_bits_};
}

}  // namespace starling::sim
