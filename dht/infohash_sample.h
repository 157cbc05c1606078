// The sample of our info-hashes that others may see (BEP 51): drawn fairly, every one with the same
// chance, and kept for an interval, so that asking often tells nobody more. Drawing walks the store
// once an interval; a query walks nothing and allocates nothing. As long as everything fits into
// one answer it is drawn anew each time, and always complete.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/id.h"
#include "base/random.h"

namespace starling::dht {

class InfohashSample {
 public:
  // What an answer holds beside 8 nodes of each family does not exceed 1,024 bytes.
  static constexpr size_t kSamplesMax = 30;
  static constexpr uint32_t kIntervalS = 600;

  bool IsDue(uint32_t now_s, size_t infohashes) const {
    return infohashes <= kSamplesMax || !is_drawn_ || now_s >= drawn_at_s_ + kIntervalS;
  }
  // Call Begin, Offer for each info-hash there is, and End. (A reservoir.)
  void Begin(uint32_t now_s) {
    is_drawn_ = true;
    drawn_at_s_ = now_s;
    offered_ = size_ = 0;
  }
  void Offer(const InfoHash& info_hash, Random& random) {
    ++offered_;
    if (size_ < kSamplesMax) {
      samples_[size_++] = info_hash;
      return;
    }
    const uint64_t place = random.Below(offered_);
    if (place < kSamplesMax) samples_[place] = info_hash;
  }
  // An answer may have room for the first few only, so those must be a fair sample too.
  void End(Random& random) { random.Shuffle(std::span(samples_).first(size_)); }

  std::span<const InfoHash> samples() const { return std::span(samples_).first(size_); }

 private:
  std::array<InfoHash, kSamplesMax> samples_;
  size_t size_ = 0;
  uint64_t offered_ = 0;
  uint32_t drawn_at_s_ = 0;
  bool is_drawn_ = false;
};

}  // namespace starling::dht
