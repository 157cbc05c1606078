// The two ways in which tit-for-tat fills slots: by rate, with optimistic ones beside the regular
// (leechers, and seeds that prefer the fast), and in turn (other seeds). Parts of choker.cc; each
// works on the views of its own group of peers and remembers what it must between decisions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "peer/choker.h"

namespace starling::peer {

struct Slots {
  uint32_t regular = 0;
  uint32_t optimistic = 0;
  uint32_t total() const { return regular + optimistic; }
};

// One decision in the making.
struct ChokeDecision {
  Time now{};
  uint32_t round = 0;         // its number
  bool begins_round = false;  // else only slots that became free are filled
  Duration round_length{};
  std::span<const PeerView> peers;
  std::span<Verdict> verdicts;  // all choked at first

  bool Granted(uint32_t index) const { return verdicts[index].unchoke; }
  void Grant(uint32_t index) const { verdicts[index].unchoke = true; }
};

using PeerGroup = std::vector<uint32_t>;  // indices of views

// Regular slots to the best, optimistic ones to random others, changed every third round.
class RateSlots {
 public:
  // `poorest_first`: of TitForTatOptions.
  RateSlots(Random& random, uint64_t PeerView::*rate, bool poorest_first = false)
      : random_(random), rate_(rate), poorest_first_(poorest_first) {}
  void Decide(const ChokeDecision& decision, const PeerGroup& group, Slots slots);

 private:
  void Rank(const ChokeDecision& decision, bool keep_ties, PeerGroup* group);
  uint32_t GrantRegular(const ChokeDecision& decision, const PeerGroup& ranked, uint32_t slots);
  void GrantOptimistic(const ChokeDecision& decision, const PeerGroup& group, uint32_t slots);
  void KeepUnchoked(const ChokeDecision& decision, const PeerGroup& ranked, uint32_t slots);
  void Fill(const ChokeDecision& decision, const PeerGroup& ranked, uint32_t slots);
  size_t DrawOptimistic(const ChokeDecision& decision, const PeerGroup& group);
  bool Holds(ConnectionId id) const;
  uint64_t RateOf(const ChokeDecision& decision, uint32_t index) const {
    return decision.peers[index].*rate_;
  }

  Random& random_;
  uint64_t PeerView::*const rate_;
  const bool poorest_first_;
  std::vector<ConnectionId> optimistic_;  // who holds those slots
  std::vector<ConnectionId> former_;      // who held them before the last change
  uint32_t next_change_ = 0;              // the round in which they change hands
};

// A slot is kept for two rounds, then it goes to whoever was unchoked longest ago; in each third
// round one of the slots goes to a random waiting peer instead. Whoever is in the middle of a first
// copy (peer/first_copies.h) has that first: of a slow seed a piece takes longer than a turn, and
// what is left for the next turn is of no use to anybody until then.
class TurnSlots {
 public:
  explicit TurnSlots(Random& random) : random_(random) {}
  void Decide(const ChokeDecision& decision, const PeerGroup& group, uint32_t slots);

 private:
  Random& random_;
};

}  // namespace starling::peer
