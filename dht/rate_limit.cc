#include "dht/rate_limit.h"

#include <algorithm>
#include <utility>

#include "dht/address.h"

namespace starling::dht {
namespace {

constexpr Duration kBurst = seconds(1);
constexpr Duration kShrinkEvery = seconds(10);
constexpr size_t kSetSize = 4;

Duration Cost(uint64_t amount, uint64_t per_second) {
  return Duration(static_cast<int64_t>(amount * 1'000'000 / std::max<uint64_t>(per_second, 1)));
}

}  // namespace

bool RateLimit::TakeQuery(Time now, const Endpoint& from) {
  Place& place = Find(now, from);
  const Time used_until = std::max(place.used_until, now) + Cost(1, limits_.queries_per_second);
  if (used_until > now + kBurst) return false;
  if (limits_.all_queries_per_second != 0) {
    const Time all_until = std::max(all_until_, now) + Cost(1, limits_.all_queries_per_second);
    if (all_until > now + kBurst) return false;
    all_until_ = all_until;
  }
  place.used_until = used_until;
  taken_ = static_cast<size_t>(&place - places_.data());
  return true;
}

void RateLimit::NoteAnswer(size_t size) {
  const Duration of_query = Cost(1, limits_.queries_per_second);
  const Duration of_bytes = Cost(size, limits_.bytes_per_second);
  if (of_bytes > of_query) places_[taken_].used_until += of_bytes - of_query;
}

RateLimit::Place& RateLimit::Find(Time now, const Endpoint& from) {
  if (now >= shrink_at_) Shrink(now);
  if (places_.empty()) places_.resize(kSetSize);
  uint64_t hash = Hash(from);
  while (true) {
    if (Place* place = FindInSet(now, hash)) return *place;
    if (places_.size() >= kPlacesMax) break;
    Grow(now);
    hash = Hash(from);
  }
  return places_[SetOf(hash) + hash % kSetSize];
}

// The place that `source` has or can have; null if others hold all of its set.
RateLimit::Place* RateLimit::FindInSet(Time now, uint64_t source) {
  Place* const set = &places_[SetOf(source)];
  Place* free = nullptr;
  for (Place* place = set; place != set + kSetSize; ++place) {
    if (place->source == source) return place;
    if (place->IsFree(now)) free = place;
  }
  if (free != nullptr) *free = {source, Time{}};
  return free;
}

size_t RateLimit::SetOf(uint64_t source) const {
  return (source >> 32 & (places_.size() / kSetSize - 1)) * kSetSize;
}

uint64_t RateLimit::Hash(const Endpoint& from) {
  const Endpoint source = SourceOf(from);
  if (places_.size() <= kSetSize) {
    const auto high = LoadBig<uint64_t>(source.address.data());
    const auto low = LoadBig<uint64_t>(source.address.data() + 8);
    return MixBits(low ^ MixBits(high ^ source.port)) | kSetSize;
  }
  if (source == hashed_) return hash_;
  hashed_ = source;
  // The port is part of the key, which saves hashing two bytes more.
  hash_ = SipHash24(SipKey{key_.low ^ source.port, key_.high}, source.address) | kSetSize;
  return hash_;
}

void RateLimit::Prefetch(const Endpoint& from) {
  if (places_.size() > kSetSize) __builtin_prefetch(&places_[SetOf(Hash(from))]);
}

// Where sources could come to share places, nobody may know who shares with whom: the first time
// this draws the key, and what the few had used until then is forgotten.
void RateLimit::Grow(Time now) {
  if (places_.size() > kSetSize) return Resize(now, 2 * places_.size());
  key_.low = random_.Next();
  key_.high = random_.Next();
  hashed_ = Endpoint{};
  places_.assign(2 * kSetSize, Place{});
  shrink_at_ = now + kShrinkEvery;
}

// Keeps those who are not at their full burst. Where sets become fewer, one may overflow; then the
// rest begins anew.
void RateLimit::Resize(Time now, size_t places) {
  const std::vector<Place> old = std::exchange(places_, std::vector<Place>(places));
  for (const Place& place : old) {
    if (place.IsFree(now)) continue;
    if (Place* kept = FindInSet(now, place.source)) *kept = place;
  }
  shrink_at_ = places > kSetSize ? now + kShrinkEvery : kNever;
}

// Gives back what a flood made it grow to.
void RateLimit::Shrink(Time now) {
  const auto taken = static_cast<size_t>(std::count_if(
      places_.begin(), places_.end(), [now](const Place& place) { return !place.IsFree(now); }));
  shrink_at_ = now + kShrinkEvery;
  size_t places = places_.size();
  while (places > kSetSize && 8 * taken < places) places /= 2;
  if (places < places_.size()) Resize(now, places);
}

}  // namespace starling::dht
