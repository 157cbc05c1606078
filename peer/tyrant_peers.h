// What BitTyrant knows of its peers, and how a round teaches it (simulation targets, section 3).
// Pure: it sees the views at the end of a round and is told whom the choker serves.
#pragma once

#include <cstdint>
#include <span>

#include "absl/container/btree_map.h"
#include "peer/choker.h"
#include "peer/tyrant.h"

namespace starling::peer {

// How many peers a stock client with this upload rate (bytes a second) serves at a time.
uint32_t StockSlots(uint64_t rate);

struct TyrantPeer {
  uint64_t need = 0;             // u: what it takes, bytes a second
  uint64_t offer = 0;            // d: what it gives in return
  bool observed = false;         // `offer` was measured; else it is a guess
  bool wanted = false;           // we were interested when the round began
  bool served = false;           // it is unchoked
  Time measured_at{};            // when it was served last; Time{}: never
  uint64_t received_before = 0;  // its total when the round began

  // Is what it gives worth what it takes?
  bool pays() const { return !observed || offer >= need; }
};

// Is the return of `a` better?
bool PaysBetter(const TyrantPeer& a, const TyrantPeer& b);

class TyrantPeers {
 public:
  static constexpr uint64_t kNeedMin = 1'000;
  static constexpr uint64_t kNeedMax = 1'000'000'000'000;

  TyrantPeers(const TyrantOptions& options, Duration round) : options_(options), round_(round) {}

  // A round ends: learns from it, forgets who left, begins the next one.
  void EndRound(Time now, std::span<const PeerView> views);
  // Between rounds, newcomers are met only.
  TyrantPeer& Meet(Time now, const PeerView& view);

 private:
  void Learn(Time now, const PeerView& view, TyrantPeer* peer) const;
  uint64_t FirstNeed() const;
  uint64_t FirstOffer(Time now, const PeerView& view) const;

  const TyrantOptions options_;
  const Duration round_;
  Time round_began_{};
  absl::btree_map<ConnectionId, TyrantPeer> peers_;
};

}  // namespace starling::peer
