// Bytes and numbers: big-endian loads and stores, hex, and views between text and bytes.
// Text views are absl::string_view, byte views std::span<const std::byte>, everywhere.
#pragma once

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

// Loads and stores read or write sizeof(T) bytes at `at`; the caller checked the room.
template <class T>
T LoadBig(const std::byte* at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>((static_cast<uint64_t>(value) << 8) | std::to_integer<uint64_t>(at[i]));
  }
  return value;
}
template <class T>
void StoreBig(std::byte* at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    at[i] = static_cast<std::byte>(static_cast<uint64_t>(value) >> (8 * (sizeof(T) - 1 - i)));
  }
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
