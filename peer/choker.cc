// Tit-for-tat (docs: simulation targets, section 2). A decision is made from the views alone and
// what must be remembered: who holds the optimistic slots, and the number of the round. Between
// rounds Decide() only fills slots that became free.
#include "peer/choker.h"

#include <algorithm>

#include "peer/choker_rounds.h"
#include "peer/choker_slots.h"

namespace starling::peer {
namespace {

constexpr uint32_t kMainlineOptimistic = 2;
constexpr uint32_t kMainlineRegularMin = 2;

uint32_t IntegerRoot(uint64_t value) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= value) root += bit;
  }
  return static_cast<uint32_t>(root);
}

Slots SlotsFor(uint32_t configured, uint32_t optimistic, uint64_t capacity) {
  if (configured > 0) {
    const uint32_t turns = std::min(optimistic, configured - 1);
    return {configured - turns, turns};
  }
  return {MainlineRegularSlots(capacity), kMainlineOptimistic};
}

class TitForTat final : public Choker {
 public:
  TitForTat(Random& random, const TitForTatOptions& options)
      : slots_(options.slots),
        optimistic_(options.optimistic),
        order_(options.order),
        leeching_(random, &PeerView::bytes_received_20s, options.poorest_first),
        fastest_(random, &PeerView::bytes_sent_20s),
        turns_(random),
        rounds_(options.round) {}

  std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                  const UploadCapacity& capacity) override;
  Duration period() const override { return rounds_.length(); }

 private:
  const uint32_t slots_;
  const uint32_t optimistic_;
  const SeedOrder order_;
  RateSlots leeching_;
  RateSlots fastest_;
  TurnSlots turns_;
  ChokerRounds rounds_;
  std::vector<Verdict> verdicts_;
};

uint32_t InterestedIn(std::span<const PeerView> peers, const PeerGroup& group) {
  return static_cast<uint32_t>(std::count_if(
      group.begin(), group.end(), [&](uint32_t index) { return peers[index].peer_interested; }));
}

// Torrents that we seed and torrents that we fetch share the slots by how many want one; neither
// side gets nothing while it has someone waiting.
uint32_t ShareOfSeeding(uint32_t slots, uint32_t takers, uint32_t fans) {
  if (fans == 0) return 0;
  if (takers == 0) return slots;
  const uint64_t even = uint64_t{slots} * fans / (uint64_t{fans} + takers);
  const auto share =
      static_cast<uint32_t>(std::clamp<uint64_t>(even, 1, std::max<uint32_t>(slots, 2) - 1));
  const uint32_t unused = slots - std::min(slots, share + takers);
  return std::min(slots, std::min(share + unused, std::max(fans, share)));
}

std::span<const Verdict> TitForTat::Decide(Time now, std::span<const PeerView> peers,
                                           const UploadCapacity& capacity) {
  verdicts_.assign(peers.size(), Verdict{});
  PeerGroup leeching;
  PeerGroup seeding;
  for (uint32_t i = 0; i < peers.size(); ++i) {
    verdicts_[i].id = peers[i].id;
    (peers[i].we_seed ? seeding : leeching).push_back(i);
  }
  const bool begins_round = rounds_.Begin(now);
  const ChokeDecision decision{now,   rounds_.number(), begins_round, rounds_.length(),
                               peers, verdicts_};
  const Slots all = SlotsFor(slots_, optimistic_, capacity.rate);
  const uint32_t for_seeding =
      ShareOfSeeding(all.total(), InterestedIn(peers, leeching), InterestedIn(peers, seeding));
  Slots for_leeching = all;
  for_leeching.regular -= std::min(for_seeding, all.regular);
  for_leeching.optimistic = all.total() - for_seeding - for_leeching.regular;
  leeching_.Decide(decision, leeching, for_leeching);
  if (order_ == SeedOrder::kRoundRobin) {
    turns_.Decide(decision, seeding, for_seeding);
  } else {
    const uint32_t optimistic = std::min(all.optimistic, for_seeding > 1 ? for_seeding - 1 : 0);
    fastest_.Decide(decision, seeding, {for_seeding - optimistic, optimistic});
  }
  return verdicts_;
}

}  // namespace

// floor(sqrt(0.6 * KB/s)) - 2, without a fraction in between.
uint32_t MainlineRegularSlots(uint64_t capacity) {
  const uint32_t root = IntegerRoot(std::min<uint64_t>(capacity, 1'000'000'000'000) * 6 / 10'000);
  return root > kMainlineRegularMin + 2 ? root - 2 : kMainlineRegularMin;
}

std::unique_ptr<Choker> MakeTitForTat(Random& random, const TitForTatOptions& options) {
  return std::make_unique<TitForTat>(random, options);
}

}  // namespace starling::peer
