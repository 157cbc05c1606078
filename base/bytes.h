// Bytes and numbers: big-endian loads and stores, hex, and views between text and bytes.
// Text views are absl::string_view, byte views std::span<const std::byte>, everywhere.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace starling {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;

// Between this machine's byte order and big-endian: one instruction, which GCC does not make of a
// loop over the bytes.
template <class T>
constexpr T SwapIfLittle(T value) {
  static_assert(sizeof(T) <= 8);
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  } else {
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
  }
}

// Loads and stores read or write sizeof(T) bytes at `at`; the caller checked the room.
template <class T>
T LoadBig(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return SwapIfLittle(value);
}
template <class T>
void StoreBig(std::byte* at, T value) {
  const T big = SwapIfLittle(value);
  std::memcpy(at, &big, sizeof(T));
}

inline ByteView AsBytes(absl::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline absl::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool SameBytes(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string ToHex(ByteView bytes);  // lower case
// The bytes that `hex` spells, upper or lower case; nullopt on an odd length or another letter.
std::optional<std::string> FromHex(absl::string_view hex);

}  // namespace starling
