#include "base/random.h"

#include "base/check.h"

namespace starling {

uint64_t Random::Below(uint64_t bound) {
  CHECK(bound > 0);
  // Lemire's multiplication method with rejection: no modulo bias, one draw nearly always.
  while (true) {
    const unsigned __int128 product = static_cast<unsigned __int128>(Next()) * bound;
    const auto low = static_cast<uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
  }
}

void Random::Fill(ByteSpan bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    uint64_t word = Next();
    for (int i = 0; i < 8 && at < bytes.size(); ++i, ++at) {
      bytes[at] = static_cast<std::byte>(word);
      word >>= 8;
    }
  }
}

uint64_t MixBits(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t HashNumbers(std::initializer_list<uint64_t> values) {
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const uint64_t value : values) hash = MixBits(hash ^ MixBits(value + 0x9e3779b97f4a7c15));
  return hash;
}

SeededRandom SeededRandom::For(uint64_t seed, uint64_t node, uint64_t purpose) {
  return SeededRandom(HashNumbers({seed, node, purpose}));
}

uint64_t SeededRandom::Next() {
  state_ += 0x9e3779b97f4a7c15;
  return MixBits(state_);
}

}  // namespace starling
