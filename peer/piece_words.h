// Bitfields 64 pieces at a time, for searches that may see all of them.
#pragma once

#include <cstdint>

#include "base/bitfield.h"

namespace starling::peer {

inline constexpr uint32_t kWordBits = 64;

inline uint32_t WordCount(const Bitfield& bits) {
  return (bits.size() + kWordBits - 1) / kWordBits;
}

// Pieces [64 * word, 64 * word + 64), the first in the highest bit.
inline uint64_t WordOf(ByteView bytes, uint32_t word) {
  const size_t at = size_t{word} * 8;
  if (at + 8 <= bytes.size()) return LoadBig<uint64_t>(bytes.data() + at);
  uint64_t value = 0;
  for (size_t i = at; i < at + 8; ++i) {
    value = value << 8 | (i < bytes.size() ? std::to_integer<uint64_t>(bytes[i]) : 0);
  }
  return value;
}

}  // namespace starling::peer
