// Randomness as a seam: `SystemRandom` (node/) for all that an attacker may guess, `SeededRandom`
// for simulations. The derived draws are ours, so that a seed gives the same run everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "base/bytes.h"

namespace starling {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;

  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound);
  void Fill(ByteSpan bytes);
  template <class T>
  void Shuffle(std::span<T> items) {
    for (size_t i = items.size(); i > 1; --i) {
      const size_t other = static_cast<size_t>(Below(i));
      std::swap(items[i - 1], items[other]);
    }
  }
  template <class IdType>
  IdType NextId() {
    IdType id;
    Fill(id.bytes);
    return id;
  }
};

// SplitMix64: 8 bytes of state, so that a million nodes can each own one.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  // A stream of its own for each (seed, node, purpose), derived by hash and never by sum.
  static SeededRandom For(uint64_t seed, uint64_t node, uint64_t purpose);
  uint64_t Next() override;

 private:
  uint64_t state_;
};

// The finalizer of SplitMix64: a bijection on 64 bits that mixes well.
uint64_t MixBits(uint64_t value);
// Folds `values` into one number, order matters.
uint64_t HashNumbers(std::initializer_list<uint64_t> values);

}  // namespace starling
