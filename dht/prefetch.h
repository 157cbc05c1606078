// Fetching memory into the cache ahead of its use, a cache line at a time. A hint: it changes
// nothing but how long the use takes.
#pragma once

#include <cstddef>

namespace starling::dht {

inline void PrefetchLines(const void* begin, size_t size) {
  constexpr size_t kLine = 64;
  const auto* at = static_cast<const std::byte*>(begin);
  for (size_t i = 0; i < size; i += kLine) __builtin_prefetch(at + i);
}

}  // namespace starling::dht
