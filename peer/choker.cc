// Tit-for-tat (docs: simulation targets, section 2). A decision is made from the views alone and
// three things that are remembered: who holds the optimistic slots, when the next round begins, and
// the number of the round. Between rounds Decide() only fills slots that became free.
#include "peer/choker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace starling::peer {
namespace {

constexpr Duration kRound = seconds(10);
constexpr Duration kOptimisticTurn = seconds(30);
constexpr Duration kSeedTurn = 2 * kRound;    // how long a seed's slot is kept at least
constexpr Duration kTrial = kOptimisticTurn;  // time to give something back, before ties are drawn
constexpr Duration kNewcomerAge = seconds(60);
constexpr uint64_t kNewcomerWeight = 3;
constexpr uint32_t kMainlineOptimistic = 2;
constexpr uint32_t kMainlineRegularMin = 2;
// Rounds are due a little early: whoever calls every period() must not miss one by a microsecond.
constexpr Duration kRoundSlack = seconds(1);

uint32_t IntegerRoot(uint64_t value) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= value) root += bit;
  }
  return static_cast<uint32_t>(root);
}

struct Slots {
  uint32_t regular = 0;
  uint32_t optimistic = 0;
  uint32_t total() const { return regular + optimistic; }
};

Slots SlotsFor(uint32_t configured, uint64_t capacity) {
  if (configured == 1) return {1, 0};
  if (configured > 0) return {configured - 1, 1};
  // floor(sqrt(0.6 * KB/s)) - 2, without a fraction in between.
  const uint32_t root = IntegerRoot(std::min<uint64_t>(capacity, 1'000'000'000'000) * 6 / 10'000);
  const uint32_t regular = root > kMainlineRegularMin + 2 ? root - 2 : kMainlineRegularMin;
  return {regular, kMainlineOptimistic};
}

class TitForTat final : public Choker {
 public:
  TitForTat(Random& random, uint32_t slots) : random_(random), slots_(slots) {}

  std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                  uint64_t capacity) override;

 private:
  using Group = std::vector<uint32_t>;  // indices of views

  void BeginRound(Time now);
  void DecideLeeching(Time now, const Group& group, Slots slots);
  void DecideSeeding(Time now, const Group& group, uint32_t slots);
  void FillLeeching(Group waiting, uint32_t slots);
  void RankByRate(Time now, Group* group, bool keep_ties);
  uint32_t GrantRegular(const Group& ranked, uint32_t slots);
  void GrantOptimistic(Time now, const Group& group, uint32_t slots);
  void KeepUnchoked(const Group& group, uint32_t slots);
  uint32_t InterestedIn(const Group& group) const;
  size_t DrawWeighted(Time now, const Group& group);
  const PeerView& View(uint32_t index) const { return peers_[index]; }
  bool Granted(uint32_t index) const { return verdicts_[index].unchoke; }
  void Grant(uint32_t index) { verdicts_[index].unchoke = true; }

  Random& random_;
  const uint32_t slots_;
  std::span<const PeerView> peers_;  // only while Decide runs
  std::vector<Verdict> verdicts_;
  std::vector<ConnectionId> optimistic_;
  Time next_round_{};
  Time next_optimistic_{};
  uint32_t round_ = 0;
  bool in_round_ = false;
};

void TitForTat::BeginRound(Time now) {
  in_round_ = now >= next_round_;
  if (!in_round_) return;
  next_round_ = now + kRound - kRoundSlack;
  ++round_;
  if (now >= next_optimistic_) {
    optimistic_.clear();
    next_optimistic_ = now + kOptimisticTurn - kRoundSlack;
  }
}

std::span<const Verdict> TitForTat::Decide(Time now, std::span<const PeerView> peers,
                                           uint64_t capacity) {
  peers_ = peers;
  verdicts_.assign(peers.size(), Verdict{});
  Group leeching;
  Group seeding;
  for (uint32_t i = 0; i < peers.size(); ++i) {
    verdicts_[i].id = peers[i].id;
    (peers[i].we_seed ? seeding : leeching).push_back(i);
  }
  BeginRound(now);
  const Slots all = SlotsFor(slots_, capacity);
  // Torrents that we seed and torrents that we fetch share the slots by how many want one; neither
  // side gets nothing while it has someone waiting.
  const uint32_t takers = InterestedIn(leeching);
  const uint32_t fans = InterestedIn(seeding);
  uint32_t for_seeding = 0;
  if (fans > 0 && takers == 0) {
    for_seeding = all.total();
  } else if (fans > 0) {
    const uint64_t share = uint64_t{all.total()} * fans / (uint64_t{fans} + takers);
    for_seeding = static_cast<uint32_t>(
        std::clamp<uint64_t>(share, 1, std::max<uint32_t>(all.total(), 2) - 1));
    const uint32_t unused = all.total() - std::min(all.total(), for_seeding + takers);
    for_seeding = std::min(for_seeding + unused, std::max(fans, for_seeding));
  }
  Slots for_leeching = all;
  const uint32_t taken = std::min(for_seeding, all.total());
  for_leeching.regular -= std::min(taken, for_leeching.regular);
  for_leeching.optimistic = all.total() - taken - for_leeching.regular;
  DecideLeeching(now, leeching, for_leeching);
  DecideSeeding(now, seeding, for_seeding);
  peers_ = {};
  return verdicts_;
}

uint32_t TitForTat::InterestedIn(const Group& group) const {
  uint32_t count = 0;
  for (const uint32_t index : group) count += View(index).peer_interested ? 1 : 0;
  return count;
}

// Best first. Peers that give nothing yet are tied: whoever has just got its slot keeps it for a
// trial, the rest is drawn.
void TitForTat::RankByRate(Time now, Group* group, bool keep_ties) {
  random_.Shuffle(std::span<uint32_t>(*group));
  const auto tier = [&](uint32_t index) {
    const PeerView& view = View(index);
    if (!view.unchoked_by_us) return 1;
    if (view.bytes_received_20s > 0 || keep_ties) return 0;
    return now - view.last_unchoked_at < kTrial ? 0 : 1;
  };
  std::stable_sort(group->begin(), group->end(), [&](uint32_t a, uint32_t b) {
    const uint64_t rate_a = View(a).bytes_received_20s;
    const uint64_t rate_b = View(b).bytes_received_20s;
    return rate_a != rate_b ? rate_a > rate_b : tier(a) < tier(b);
  });
}

// Unchokes from the best down until `slots` of them are interested; returns how many are. Faster
// peers that want nothing are unchoked as well: should one begin to, it is served at once.
uint32_t TitForTat::GrantRegular(const Group& ranked, uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    if (interested == slots) break;
    const PeerView& view = View(index);
    if (view.snubbed_us) continue;
    if (view.peer_interested) {
      ++interested;
      Grant(index);
    } else if (view.bytes_received_20s > 0) {
      Grant(index);
    }
  }
  return interested;
}

size_t TitForTat::DrawWeighted(Time now, const Group& group) {
  const auto weight = [&](uint32_t index) {
    return now - View(index).connected_at < kNewcomerAge ? kNewcomerWeight : uint64_t{1};
  };
  uint64_t sum = 0;
  for (const uint32_t index : group) sum += weight(index);
  uint64_t draw = random_.Below(sum);
  for (size_t i = 0; i < group.size(); ++i) {
    const uint64_t own = weight(group[i]);
    if (draw < own) return i;
    draw -= own;
  }
  return group.size() - 1;
}

// Holders keep their slot until the next turn, unless they left, lost interest or earned a regular
// one. Free slots go to random choked peers that are interested.
void TitForTat::GrantOptimistic(Time now, const Group& group, uint32_t slots) {
  std::vector<ConnectionId> holders;
  Group waiting;
  for (const uint32_t index : group) {
    if (Granted(index) || !View(index).peer_interested) continue;
    const bool holds =
        std::find(optimistic_.begin(), optimistic_.end(), View(index).id) != optimistic_.end();
    if (holds && holders.size() < slots) {
      holders.push_back(View(index).id);
      Grant(index);
    } else {
      waiting.push_back(index);
    }
  }
  while (holders.size() < slots && !waiting.empty()) {
    const size_t drawn = DrawWeighted(now, waiting);
    holders.push_back(View(waiting[drawn]).id);
    Grant(waiting[drawn]);
    waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(drawn));
  }
  optimistic_ = std::move(holders);
}

void TitForTat::DecideLeeching(Time now, const Group& group, Slots slots) {
  if (group.empty() || slots.total() == 0) {
    optimistic_.clear();
    return;
  }
  Group ranked = group;
  if (in_round_) {
    RankByRate(now, &ranked, /*keep_ties=*/false);
    const uint32_t granted = GrantRegular(ranked, slots.regular);
    // Where snubbing leaves regular slots empty, further optimistic ones look for better peers.
    GrantOptimistic(now, group, slots.optimistic + (slots.regular - granted));
    return;
  }
  RankByRate(now, &ranked, /*keep_ties=*/true);
  KeepUnchoked(ranked, slots.total());
  FillLeeching(std::move(ranked), slots.total());
}

// Out of turn: whoever is unchoked stays so. Only when a fast peer that was unchoked without
// interest has begun to want something is there one too many, and the slowest regular one goes.
void TitForTat::KeepUnchoked(const Group& ranked, uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    if (!View(index).unchoked_by_us) continue;
    const bool holds =
        std::find(optimistic_.begin(), optimistic_.end(), View(index).id) != optimistic_.end();
    if (!holds || !View(index).peer_interested) continue;
    ++interested;
    Grant(index);
  }
  for (const uint32_t index : ranked) {
    const PeerView& view = View(index);
    if (!view.unchoked_by_us || Granted(index)) continue;
    if (view.peer_interested) {
      if (interested >= slots) continue;
      ++interested;
      Grant(index);
    } else if (view.bytes_received_20s > 0) {
      Grant(index);
    }
  }
}

void TitForTat::FillLeeching(Group ranked, uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    if (Granted(index) && View(index).peer_interested) ++interested;
  }
  for (const uint32_t index : ranked) {
    if (interested >= slots) break;
    if (Granted(index) || !View(index).peer_interested || View(index).snubbed_us) continue;
    ++interested;
    Grant(index);
  }
}

// Round robin: a slot is kept for two rounds, then it goes to whoever was unchoked longest ago; in
// each third round one of the slots goes to a random waiting peer instead.
void TitForTat::DecideSeeding(Time now, const Group& group, uint32_t slots) {
  Group kept;
  Group waiting;
  for (const uint32_t index : group) {
    const PeerView& view = View(index);
    if (!view.peer_interested) continue;
    const bool keeps = view.unchoked_by_us &&
                       (!in_round_ || now - view.last_unchoked_at < kSeedTurn - kRoundSlack);
    (keeps ? kept : waiting).push_back(index);
  }
  random_.Shuffle(std::span<uint32_t>(waiting));
  const auto longest_ago_first = [&](uint32_t a, uint32_t b) {
    return View(a).last_unchoked_at < View(b).last_unchoked_at;
  };
  std::stable_sort(waiting.begin(), waiting.end(), longest_ago_first);
  std::stable_sort(kept.begin(), kept.end(), [&](uint32_t a, uint32_t b) {
    return longest_ago_first(b, a);  // if slots became fewer, the oldest go
  });
  if (in_round_ && round_ % 3 == 0 && kept.size() >= slots && slots > 1 && !waiting.empty()) {
    kept.resize(slots - 1);  // the random newcomer of this round needs one
  }
  uint32_t granted = 0;
  for (const uint32_t index : kept) {
    if (granted == slots) break;
    ++granted;
    Grant(index);
  }
  if (granted < slots && in_round_ && round_ % 3 == 0 && !waiting.empty()) {
    const size_t drawn = static_cast<size_t>(random_.Below(waiting.size()));
    Grant(waiting[drawn]);
    waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(drawn));
    ++granted;
  }
  for (const uint32_t index : waiting) {
    if (granted >= slots) break;
    ++granted;
    Grant(index);
  }
}

}  // namespace

std::unique_ptr<Choker> MakeTitForTat(Random& random, uint32_t slots) {
  return std::make_unique<TitForTat>(random, slots);
}

}  // namespace starling::peer
