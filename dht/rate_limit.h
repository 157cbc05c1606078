// How much each source may ask, and how many bytes of answers it may cause: an address can be
// forged, and its owner must not be flooded by us. A source is a participant as dht/address.h
// says. A query costs it the time that the rate of queries or that of bytes asks, whichever is
// more; it can save up a second. And how much all may ask together, of which one source never gets
// more than its own share.
//
// Memory is bounded: sources lie in sets of four places, a cache line each, and those that are back
// at their full burst give way. The sets become more as they fill, up to kPlacesMax, and fewer
// again later. A quiet node, which hears of one source a second or two, has one set.
//
// When all four places of a set are taken and there cannot be more sets, a newcomer shares the
// place of another. So a flood from forged sources takes from each honest one only what falls on
// its place, a few queries a second, and cannot aim: which set is whose is a keyed hash.
#pragma once

#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "base/random.h"
#include "base/time.h"
#include "dht/tokens.h"

namespace starling::dht {

class RateLimit {
 public:
  static constexpr size_t kPlacesMax = 16'384;  // 256 KB

  struct Limits {
    uint32_t queries_per_second;      // of one source
    uint32_t bytes_per_second;        // of one source
    uint32_t all_queries_per_second;  // 0: unlimited
  };

  RateLimit(const Limits& limits, Random& random) : limits_(limits), random_(random) {}

  // Takes one query of `from`; false: it asks too much, or was answered too much, or all together
  // do, so drop it.
  bool TakeQuery(Time now, const Endpoint& from);
  // Notes that the query taken last was answered with `size` bytes.
  void NoteAnswer(size_t size);

  // A query of `from` may come: fetches its set into the cache.
  void Prefetch(const Endpoint& from);
  void Prefetch() const { __builtin_prefetch(places_.data()); }
  size_t places() const { return places_.size(); }

 private:
  // What a source has used is a moment: all of its burst where that is a burst ahead of now,
  // nothing where it is past.
  struct Place {
    uint64_t source = 0;  // its hash, which is not 0
    Time used_until{};
    bool IsFree(Time now) const { return used_until <= now; }
  };
  static_assert(sizeof(Place) == 16);

  Place& Find(Time now, const Endpoint& from);
  Place* FindInSet(Time now, uint64_t source);
  size_t SetOf(uint64_t source) const;
  uint64_t Hash(const Endpoint& from);
  void Grow(Time now);
  void Resize(Time now, size_t places);
  void Shrink(Time now);

  Limits limits_;
  Random& random_;
  SipKey key_;  // drawn when there is more than one set: a million idle nodes need none
  std::vector<Place> places_;
  size_t taken_ = 0;  // the place of the query taken last
  Endpoint hashed_;   // the last one, and what came out
  uint64_t hash_ = 0;
  Time all_until_{};
  Time shrink_at_ = kNever;
};

}  // namespace starling::dht
