#include "peer/choker_slots.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace starling::peer {
namespace {

constexpr uint32_t kOptimisticRounds = 3;
constexpr int kTrialRounds = kOptimisticRounds;  // before ties are drawn
constexpr int kSeedTurnRounds = 2;               // how long a slot is kept at least
// A slot that was filled a moment after its round began still ends with its second round: what part
// of a round that moment may last.
constexpr int kTurnSlack = 10;
// How long a first copy may hold a slot, and be asked for slowly.
constexpr int kFirstCopyRounds = 30;
constexpr Duration kNewcomerAge = seconds(60);
constexpr uint64_t kNewcomerWeight = 3;

bool Contains(const std::vector<ConnectionId>& ids, ConnectionId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool RateSlots::Holds(ConnectionId id) const { return Contains(optimistic_, id); }

void RateSlots::Decide(const ChokeDecision& decision, const PeerGroup& group, Slots slots) {
  if (group.empty() || slots.total() == 0) {
    optimistic_.clear();
    return;
  }
  PeerGroup ranked = group;
  if (!decision.begins_round) {
    Rank(decision, /*keep_ties=*/true, &ranked);
    KeepUnchoked(decision, ranked, slots.total());
    Fill(decision, ranked, slots.total());
    return;
  }
  former_.clear();
  if (decision.round >= next_change_) {
    former_.swap(optimistic_);
    next_change_ = decision.round + kOptimisticRounds;
  }
  Rank(decision, /*keep_ties=*/false, &ranked);
  const uint32_t granted = GrantRegular(decision, ranked, slots.regular);
  // Where snubbing leaves regular slots empty, further optimistic ones look for better peers.
  GrantOptimistic(decision, group, slots.optimistic + (slots.regular - granted));
}

// Best first. Peers that give nothing yet are tied: whoever has just got its slot keeps it for a
// trial, the rest is drawn.
void RateSlots::Rank(const ChokeDecision& decision, bool keep_ties, PeerGroup* group) {
  random_.Shuffle(std::span<uint32_t>(*group));
  const auto tier = [&](uint32_t index) {
    const PeerView& view = decision.peers[index];
    if (!view.unchoked_by_us) return 1;
    if (RateOf(decision, index) > 0 || keep_ties) return 0;
    return decision.now - view.last_unchoked_at < kTrialRounds * decision.round_length ? 0 : 1;
  };
  std::stable_sort(group->begin(), group->end(), [&](uint32_t a, uint32_t b) {
    const uint64_t rate_a = RateOf(decision, a);
    const uint64_t rate_b = RateOf(decision, b);
    return rate_a != rate_b ? rate_a > rate_b : tier(a) < tier(b);
  });
}

// Unchokes from the best down until `slots` of them are interested; returns how many are. Faster
// peers that want nothing are unchoked as well: should one begin to, it is served at once.
uint32_t RateSlots::GrantRegular(const ChokeDecision& decision, const PeerGroup& ranked,
                                 uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    if (interested == slots) break;
    const PeerView& view = decision.peers[index];
    if (view.snubbed_us) continue;
    if (view.peer_interested) {
      ++interested;
      decision.Grant(index);
    } else if (RateOf(decision, index) > 0) {
      decision.Grant(index);
    }
  }
  return interested;
}

size_t RateSlots::DrawOptimistic(const ChokeDecision& decision, const PeerGroup& group) {
  if (poorest_first_) {
    // Of those who have the same, whoever was served longest ago.
    const auto poorest = std::min_element(group.begin(), group.end(), [&](uint32_t a, uint32_t b) {
      const PeerView& one = decision.peers[a];
      const PeerView& other = decision.peers[b];
      return std::tie(one.share_had, one.last_unchoked_at) <
             std::tie(other.share_had, other.last_unchoked_at);
    });
    return static_cast<size_t>(poorest - group.begin());
  }
  const auto weight = [&](uint32_t index) {
    const Duration age = decision.now - decision.peers[index].connected_at;
    return age < kNewcomerAge ? kNewcomerWeight : uint64_t{1};
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

// Holders keep their slot until the next change, unless they left, lost interest or earned a
// regular one. Free slots go to random choked peers that are interested; whoever has just had its
// turn waits behind the others.
void RateSlots::GrantOptimistic(const ChokeDecision& decision, const PeerGroup& group,
                                uint32_t slots) {
  std::vector<ConnectionId> holders;
  PeerGroup waiting;
  PeerGroup behind;
  for (const uint32_t index : group) {
    const PeerView& view = decision.peers[index];
    if (decision.Granted(index) || !view.peer_interested) continue;
    if (Holds(view.id) && holders.size() < slots) {
      holders.push_back(view.id);
      decision.Grant(index);
    } else {
      (Contains(former_, view.id) ? behind : waiting).push_back(index);
    }
  }
  for (PeerGroup* drawn_from : {&waiting, &behind}) {
    while (holders.size() < slots && !drawn_from->empty()) {
      const size_t drawn = DrawOptimistic(decision, *drawn_from);
      const uint32_t index = (*drawn_from)[drawn];
      holders.push_back(decision.peers[index].id);
      decision.Grant(index);
      drawn_from->erase(drawn_from->begin() + static_cast<ptrdiff_t>(drawn));
    }
  }
  optimistic_ = std::move(holders);
}

// Out of turn: whoever is unchoked stays so. Only when a fast peer that was unchoked without
// interest has begun to want something is there one too many, and the slowest regular one goes.
void RateSlots::KeepUnchoked(const ChokeDecision& decision, const PeerGroup& ranked,
                             uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    const PeerView& view = decision.peers[index];
    if (!view.unchoked_by_us || !view.peer_interested || !Holds(view.id)) continue;
    ++interested;
    decision.Grant(index);
  }
  for (const uint32_t index : ranked) {
    const PeerView& view = decision.peers[index];
    if (!view.unchoked_by_us || decision.Granted(index)) continue;
    if (view.peer_interested) {
      if (interested >= slots) continue;
      ++interested;
      decision.Grant(index);
    } else if (RateOf(decision, index) > 0) {
      decision.Grant(index);
    }
  }
}

void RateSlots::Fill(const ChokeDecision& decision, const PeerGroup& ranked, uint32_t slots) {
  uint32_t interested = 0;
  for (const uint32_t index : ranked) {
    if (decision.Granted(index) && decision.peers[index].peer_interested) ++interested;
  }
  for (const uint32_t index : ranked) {
    if (interested >= slots) break;
    const PeerView& view = decision.peers[index];
    if (decision.Granted(index) || !view.peer_interested || view.snubbed_us) continue;
    ++interested;
    decision.Grant(index);
  }
}

void TurnSlots::Decide(const ChokeDecision& decision, const PeerGroup& group, uint32_t slots) {
  const Duration turn =
      kSeedTurnRounds * decision.round_length - decision.round_length / kTurnSlack;
  const auto interested =
      static_cast<size_t>(std::count_if(group.begin(), group.end(), [&](uint32_t index) {
        return decision.peers[index].peer_interested;
      }));
  PeerGroup kept;
  PeerGroup waiting;
  for (const uint32_t index : group) {
    const PeerView& view = decision.peers[index];
    if (!view.peer_interested) continue;
    const Duration held = decision.now - view.last_unchoked_at;
    const bool has_turn =
        view.unchoked_by_us && (decision.begins_round ? held < turn : !view.turn_ends);
    const bool is_taking =
        !decision.begins_round ||
        (view.bytes_sent_20s > 0 && held < kFirstCopyRounds * decision.round_length);
    // Where there is a slot for each nothing has to end.
    const bool turn_ends =
        interested > slots && view.unchoked_by_us && !has_turn && view.has_part && is_taking;
    decision.verdicts[index].turn_ends = turn_ends;
    (has_turn || turn_ends ? kept : waiting).push_back(index);
  }
  random_.Shuffle(std::span<uint32_t>(waiting));
  const auto longest_ago_first = [&](uint32_t a, uint32_t b) {
    return decision.peers[a].last_unchoked_at < decision.peers[b].last_unchoked_at;
  };
  // Whoever has just had a turn, and perhaps a long one, is the last.
  std::stable_sort(waiting.begin(), waiting.end(), [&](uint32_t a, uint32_t b) {
    const bool had_a = decision.peers[a].unchoked_by_us;
    return had_a != decision.peers[b].unchoked_by_us ? !had_a : longest_ago_first(a, b);
  });
  std::stable_sort(kept.begin(), kept.end(), [&](uint32_t a, uint32_t b) {
    return longest_ago_first(b, a);  // if slots became fewer, the oldest go
  });
  const bool draws_one = decision.begins_round && decision.round % 3 == 0;
  if (draws_one && kept.size() >= slots && slots > 1 && !waiting.empty()) {
    kept.resize(slots);
    // The random newcomer of this round needs one: that of the oldest, but not in mid-copy.
    const auto oldest = std::find_if(kept.rbegin(), kept.rend(), [&](uint32_t index) {
      return !decision.peers[index].has_part;
    });
    if (oldest != kept.rend()) kept.erase(std::next(oldest).base());
  }
  uint32_t granted = 0;
  for (const uint32_t index : kept) {
    if (granted == slots) break;
    ++granted;
    decision.Grant(index);
  }
  if (granted < slots && draws_one && !waiting.empty()) {
    const auto drawn = static_cast<size_t>(random_.Below(waiting.size()));
    decision.Grant(waiting[drawn]);
    waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(drawn));
    ++granted;
  }
  for (const uint32_t index : waiting) {
    if (granted >= slots) break;
    ++granted;
    decision.Grant(index);
  }
}

}  // namespace starling::peer
