#include "dht/tuned_variant.h"

#include <algorithm>
#include <array>
#include <bit>

namespace starling::dht {
namespace {

using State = Candidate::State;

constexpr size_t kWidest = 128;
constexpr size_t kShrinkingMax = 8;  // buckets beyond are never wider than `deep`
constexpr size_t kNearSeeds = LookupVariant::kSeedsMax;
// All that a lookup ever has in flight, burst or not: one query each to as many participants.
constexpr int kInFlightMax = 10;
// What it is worth, in microseconds of round trip, that a first contact shares a bit more with the
// target: a hop gains about three bits and takes some 60 ms among nodes that are near.
constexpr int64_t kBitWorthUs = 15'000;
// A contact that took longer than its last round trip by a half, and this, is late.
constexpr Duration kLateMargin = milliseconds(30);
constexpr Duration kLateMin = milliseconds(50);

class TunedVariant final : public LookupVariant {
 public:
  explicit TunedVariant(const LookupTuning& tuning) : tuning_(tuning) {
    tuning_.closest_max = std::clamp<size_t>(tuning.closest_max, 1, kClosestMax);
    tuning_.parallel = std::max(tuning.parallel, 1);
    tuning_.widest = std::min(tuning.widest, kWidest);
    tuning_.deep = std::clamp(tuning.deep, tuning_.closest_max, kWidest);
  }

  size_t closest_max() const override { return tuning_.closest_max; }
  size_t seeds() const override {
    return tuning_.near_first ? std::max(kNearSeeds, tuning_.closest_max) : tuning_.closest_max;
  }
  std::optional<size_t> ChooseNext(const LookupState& state) const override;
  bool IsDone(const LookupState& state) const override;
  bool IsEnough(int peers) const override { return tuning_.enough > 0 && peers >= tuning_.enough; }
  Duration LateAfter(const Candidate& candidate, const RoundTrips& seen,
                     Duration usual) const override;
  bool uses_reach() const override { return tuning_.burst > 0; }
  size_t remembered_lookups() const override { return tuning_.remembered; }
  bool shares_work() const override { return tuning_.shares_work; }

  size_t BucketSize(size_t bucket) const override {
    return std::max(bucket < kShrinkingMax ? tuning_.widest >> bucket : 0, tuning_.deep);
  }
  bool replaces_contacts() const override { return tuning_.near; }
  std::optional<size_t> ChooseVictim(const BucketState& full,
                                     const Contact& newcomer) const override;

 private:
  std::optional<size_t> ChooseFirst(const LookupState& state) const;

  LookupTuning tuning_;
};

std::optional<size_t> TunedVariant::ChooseNext(const LookupState& state) const {
  if (tuning_.near_first && state.answered == 0) return ChooseFirst(state);
  size_t considered = 0;
  int nearer_in_flight = 0;
  for (size_t i = 0; i < state.candidates.size() && considered < tuning_.closest_max; ++i) {
    const Candidate& candidate = state.candidates[i];
    // A late one may still answer, but its place and its turn go to another.
    if (candidate.state == State::kFailed || candidate.state == State::kSlow) continue;
    ++considered;
    if (candidate.state == State::kAsked) ++nearer_in_flight;
    if (candidate.state != State::kUnasked) continue;
    const bool is_close = tuning_.burst > 0 && state.reach > 0 &&
                          static_cast<double>(state.DistanceOf(candidate)) <=
                              tuning_.burst * static_cast<double>(state.reach);
    if (is_close && state.in_flight < kInFlightMax) return i;
    const bool may_overtake = tuning_.overtake && state.in_flight < kInFlightMax;
    if ((may_overtake ? nearer_in_flight : state.in_flight) < tuning_.parallel) return i;
    return std::nullopt;
  }
  return std::nullopt;
}

// While nobody has answered all candidates are contacts of ours, whose round trips are known.
std::optional<size_t> TunedVariant::ChooseFirst(const LookupState& state) const {
  if (state.in_flight >= tuning_.parallel) return std::nullopt;
  std::optional<size_t> best;
  int64_t best_cost = 0;
  for (size_t i = 0; i < state.candidates.size(); ++i) {
    const Candidate& candidate = state.candidates[i];
    if (candidate.state != State::kUnasked) continue;
    const int bits = std::countl_zero(state.DistanceOf(candidate));
    const int64_t cost = RttOfClass(candidate.rtt_class).count() - bits * kBitWorthUs;
    if (best.has_value() && cost >= best_cost) continue;
    best = i;
    best_cost = cost;
  }
  return best;
}

// The k nearest that are alive have answered. With so many there is no waiting for who is silent
// for longer than almost all others ever were; but where late means no more than later than most,
// it may well be alive.
bool TunedVariant::IsDone(const LookupState& state) const {
  const bool is_late_dead = !tuning_.hedge && tuning_.late == Duration::zero();
  size_t answered = 0;
  bool is_any_silent = false;
  for (const Candidate& candidate : state.candidates) {
    if (candidate.state == State::kFailed) continue;
    if (candidate.state == State::kUnasked && state.is_spent) continue;
    if (candidate.state == State::kSlow && is_late_dead) {
      is_any_silent = true;
      continue;
    }
    if (candidate.state != State::kAnswered) return false;
    if (++answered == tuning_.closest_max) return true;
  }
  return !is_any_silent;
}

Duration TunedVariant::LateAfter(const Candidate& candidate, const RoundTrips&,
                                 Duration usual) const {
  if (tuning_.hedge && candidate.rtt_class != 0) {
    const Duration expected = RttOfClass(candidate.rtt_class);
    return std::min(usual, std::max(kLateMin, expected + expected / 2 + kLateMargin));
  }
  return tuning_.late > Duration::zero() ? std::min(usual, tuning_.late) : usual;
}

// A bucket is seen as as many slots of its range as it holds contacts: a newcomer takes the place
// of a slower one in its slot, or, if nobody is there, of the slowest where most are.
std::optional<size_t> TunedVariant::ChooseVictim(const BucketState& full,
                                                 const Contact& newcomer) const {
  // Near to ourselves the table is to be exact, whatever the round trips.
  if (full.deeper < 2 * tuning_.closest_max) return std::nullopt;
  const size_t size = full.contacts.size();
  const int slot_bits = std::bit_width(std::min(size, kWidest)) - 1;
  if (slot_bits == 0) return std::nullopt;
  const auto head_of = [](const Contact& contact) {
    return LoadBig<uint64_t>(contact.id.bytes.data());
  };
  // The bits that tell the slots of this bucket apart. All ids here begin alike.
  const int shift = 64 - slot_bits - static_cast<int>(full.bucket) - 1;
  if (shift < 0) return std::nullopt;
  const auto slot_of = [&](const Contact& contact) {
    return static_cast<size_t>(head_of(contact) >> shift & ((uint64_t{1} << slot_bits) - 1));
  };
  const auto slowest_in = [&](size_t slot) {
    std::optional<size_t> slowest;
    for (size_t i = 0; i < size; ++i) {
      if (slot_of(full.contacts[i]) != slot) continue;
      const bool is_slower =
          !slowest.has_value() || full.contacts[i].rtt_class > full.contacts[*slowest].rtt_class;
      if (is_slower) slowest = i;
    }
    return slowest;
  };
  const size_t slot = slot_of(newcomer);
  if (const std::optional<size_t> slowest = slowest_in(slot)) {
    const bool is_slower = full.contacts[*slowest].rtt_class > newcomer.rtt_class;
    return is_slower ? slowest : std::nullopt;
  }
  std::array<uint8_t, kWidest> members{};
  size_t most = slot;
  for (const Contact& contact : full.contacts) {
    const size_t place = slot_of(contact);
    if (++members[place] > members[most]) most = place;
  }
  return slowest_in(most);
}

}  // namespace

LookupVariantPointer MakeTunedVariant(const LookupTuning& tuning) {
  return std::make_shared<TunedVariant>(tuning);
}

LookupVariantPointer MakePlainVariant(size_t closest_max, int parallel) {
  LookupTuning tuning;
  // A variant never changes, so all nodes that want the usual one share it.
  static const LookupVariantPointer kUsual = MakeTunedVariant(tuning);
  if (closest_max == tuning.closest_max && parallel == tuning.parallel) return kUsual;
  tuning.closest_max = closest_max;
  tuning.parallel = parallel;
  return MakeTunedVariant(tuning);
}

LookupTuning DefaultTuning() {
  LookupTuning tuning;
  tuning.widest = 64;
  tuning.deep = 16;
  tuning.near = true;
  tuning.near_first = true;
  tuning.overtake = true;
  tuning.burst = 2;
  tuning.hedge = true;
  tuning.late = milliseconds(300);
  tuning.shares_work = true;
  return tuning;
}

}  // namespace starling::dht
