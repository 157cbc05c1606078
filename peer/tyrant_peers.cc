#include "peer/tyrant_peers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace starling::peer {
namespace {

// A deadline may run this late or early without a peer's round counting as cut short.
constexpr Duration kSlack = seconds(1);

uint64_t Scale(uint64_t rate, double factor) {
  const double scaled = static_cast<double>(rate) * factor;
  return static_cast<uint64_t>(std::clamp(scaled, static_cast<double>(TyrantPeers::kNeedMin),
                                          static_cast<double>(TyrantPeers::kNeedMax)));
}

uint64_t PerSecond(uint64_t bytes, Duration span) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(bytes) * 1'000'000 /
                               static_cast<uint64_t>(span.count()));
}

}  // namespace

uint32_t StockSlots(uint64_t rate) {
  struct Step {
    uint64_t below;
    uint32_t slots;
  };
  constexpr std::array<Step, 7> kSteps = {{{11'000, 2},
                                           {35'000, 3},
                                           {80'000, 4},
                                           {200'000, 5},
                                           {350'000, 6},
                                           {600'000, 7},
                                           {900'000, 8}}};
  for (const Step& step : kSteps) {
    if (rate < step.below) return step.slots;
  }
  return 9;
}

bool PaysBetter(const TyrantPeer& a, const TyrantPeer& b) {
  return static_cast<unsigned __int128>(a.offer) * b.need >
         static_cast<unsigned __int128>(b.offer) * a.need;
}

// Of newcomers the mean of those served now is expected, once there are enough of them.
uint64_t TyrantPeers::FirstNeed() const {
  constexpr uint64_t kEnough = 3;
  uint64_t sum = 0;
  uint64_t count = 0;
  for (const auto& entry : peers_) {
    if (!entry.second.served) continue;
    sum += entry.second.need;
    ++count;
  }
  return std::max(count >= kEnough ? sum / count : options_.initial_rate, kNeedMin);
}

// A peer that shares what it gets as a stock client does: how fast it is fed says how fast it is.
uint64_t TyrantPeers::FirstOffer(Time now, const PeerView& view) const {
  if (view.bytes_announced_total == 0 || now <= view.connected_at) return options_.initial_rate;
  const Duration age = std::max<Duration>(now - view.connected_at, round_);
  const uint64_t fed = PerSecond(view.bytes_announced_total, age);
  return fed / StockSlots(fed);
}

TyrantPeer& TyrantPeers::Meet(Time now, const PeerView& view) {
  const auto found = peers_.find(view.id);
  if (found != peers_.end()) return found->second;
  TyrantPeer peer;
  peer.need = FirstNeed();
  peer.offer = FirstOffer(now, view);
  peer.wanted = view.we_interested;
  peer.received_before = view.bytes_received_total;
  return peers_.emplace(view.id, peer).first->second;
}

void TyrantPeers::Learn(Time now, const PeerView& view, TyrantPeer* peer) const {
  const bool interested = peer->wanted || view.we_interested;
  const bool changed =
      view.peer_choke_changed_at != Time{} && view.peer_choke_changed_at >= round_began_;
  const bool was_unchoked = view.unchoked_by_peer || changed;
  if (was_unchoked && interested) {
    const Duration length = std::max<Duration>(now - round_began_, kSlack);
    peer->offer = PerSecond(view.bytes_received_total - peer->received_before, length);
    peer->observed = true;
  } else if (!peer->observed) {
    peer->offer = FirstOffer(now, view);
  }
  const bool served =
      peer->served && view.unchoked_by_us && view.last_unchoked_at <= round_began_ + kSlack;
  if (!served) return;
  const Duration patience = round_ * static_cast<int64_t>(options_.patience);
  if (!was_unchoked && interested) {
    peer->need = Scale(peer->need, 1 + options_.increase);
  } else if (view.unchoked_by_peer && now - view.peer_choke_changed_at >= patience - kSlack) {
    peer->need = Scale(peer->need, 1 - options_.decrease);
  }
}

void TyrantPeers::EndRound(Time now, std::span<const PeerView> views) {
  absl::btree_map<ConnectionId, TyrantPeer> present;
  for (const PeerView& view : views) {
    const bool is_known = peers_.contains(view.id);
    TyrantPeer& peer = Meet(now, view);
    if (is_known) Learn(now, view, &peer);
    peer.wanted = view.we_interested;
    peer.received_before = view.bytes_received_total;
    if (peer.served) peer.measured_at = now;
    present.emplace(view.id, peer);
  }
  peers_ = std::move(present);
  round_began_ = now;
}

}  // namespace starling::peer
