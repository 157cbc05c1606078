// Damaged bytes for parsers: every prefix of a valid text, every byte changed in several ways, and
// seeded noise. A parser may say yes or no to any of them; it must neither crash nor read outside,
// which the copies of exact size show to the address sanitizer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "base/bytes.h"
#include "base/random.h"

namespace starling::test {

using Parser = absl::FunctionRef<void(ByteView bytes)>;

inline void ParseExactly(const std::string& text, Parser parse) {
  const std::unique_ptr<std::byte[]> exact(new std::byte[text.size()]);
  if (!text.empty()) std::memcpy(exact.get(), text.data(), text.size());
  parse(ByteView(exact.get(), text.size()));
}

inline void ForEachDamage(const std::string& valid, Parser parse) {
  for (size_t size = 0; size <= valid.size(); ++size) ParseExactly(valid.substr(0, size), parse);
  for (size_t at = 0; at < valid.size(); ++at) {
    for (const int change : {0x01, 0x20, 0x80, 0xff}) {
      std::string damaged = valid;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      ParseExactly(damaged, parse);
    }
  }
}

// `rounds` texts of random length up to `size_max`: half of them noise, half `valid` with some
// bytes overwritten.
inline void ForEachNoise(uint64_t seed, int rounds, size_t size_max, const std::string& valid,
                         Parser parse) {
  SeededRandom random(seed);
  for (int round = 0; round < rounds; ++round) {
    std::string text = valid;
    if (round % 2 == 0 || valid.empty()) {
      text.resize(static_cast<size_t>(random.Below(size_max + 1)));
      random.Fill({reinterpret_cast<std::byte*>(text.data()), text.size()});
    } else {
      const uint64_t changes = 1 + random.Below(8);
      for (uint64_t i = 0; i < changes; ++i) {
        const auto at = static_cast<size_t>(random.Below(text.size()));
        text[at] = static_cast<char>(random.Below(256));
      }
    }
    ParseExactly(text, parse);
  }
}

}  // namespace starling::test
