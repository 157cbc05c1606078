// How much each source may ask, and how many bytes of answers it may cause: an address can be
// forged, and its owner must not be flooded by us. A source is a participant as dht/address.h
// says. Each has a second's worth of burst.
//
// Memory is bounded: sources that are back at their full burst are forgotten, and when kSourcesMax
// of them are active at once, all further ones share one allowance. A quiet node, which hears of
// one source a second or two, keeps them in a short list; the map is for busy ones.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/endpoint.h"
#include "base/time.h"

namespace starling::dht {

class RateLimit {
 public:
  static constexpr size_t kSourcesMax = 4096;

  RateLimit(uint32_t queries_per_second, uint32_t bytes_per_second)
      : queries_per_second_(queries_per_second), bytes_per_second_(bytes_per_second) {}

  // Takes one query of `from`; false: it asks too much, or was answered too much, so drop it.
  bool TakeQuery(Time now, const Endpoint& from);
  // Notes an answer of `size` bytes, which TakeQuery allowed.
  void NoteAnswer(Time now, const Endpoint& to, size_t size);

  void Prefetch() const { __builtin_prefetch(few_.data()); }
  size_t sources() const { return few_.size() + sources_.size(); }

 private:
  // Each allowance is a moment: used up where it is a burst ahead of now, full where it is past.
  struct Allowance {
    Time queries_until{};
    Time bytes_until{};
    bool IsFull(Time now) const { return queries_until <= now && bytes_until <= now; }
  };
  struct Source {
    Endpoint source;
    Allowance allowance;
  };
  Allowance& Find(Time now, const Endpoint& source);
  Allowance* FindAmongFew(Time now, const Endpoint& source);
  void Forget(Time now);

  uint32_t queries_per_second_;
  uint32_t bytes_per_second_;
  std::vector<Source> few_;                           // as long as there is no map
  absl::flat_hash_map<Endpoint, Allowance> sources_;  // found in, never walked in order
  size_t forget_at_size_ = kForgetAtSizeMin;
  Time forget_from_{};
  Allowance others_;

  static constexpr size_t kFewMax = 6;
  static constexpr size_t kForgetAtSizeMin = 2 * kFewMax;
};

}  // namespace starling::dht
