// 64 bits that name a run: every delivered event is folded in, so two runs that differ in anything
// that mattered differ here. Not cryptographic.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace starling::sim {

class TraceHash {
 public:
  void Fold(uint64_t value) {
    state_ = (std::rotl(state_, 23) ^ value) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 32;
  }
  void Fold(ByteView bytes) {
    Fold(bytes.size());
    const std::byte* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) Fold(LoadLittle(at, 8));
    if (left > 0) Fold(LoadLittle(at, left));
  }
  uint64_t value() const { return state_; }

 private:
  // The same number on every machine, whatever its byte order.
  static uint64_t LoadLittle(const std::byte* at, size_t size) {
    uint64_t value = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&value, at, size);
    } else {
      for (size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(at[i]);
    }
    return value;
  }
  uint64_t state_ = 0x243f6a8885a308d3u;
};

}  // namespace starling::sim
