#include "peer/tyrant.h"

#include <algorithm>
#include <vector>

#include "peer/choker_rounds.h"
#include "peer/tyrant_peers.h"

namespace starling::peer {
namespace {

class Tyrant final : public Choker {
 public:
  Tyrant(Random& random, const TyrantOptions& options)
      : random_(random),
        options_(options),
        peers_(options, ChokerRounds::kLength),
        seeding_(MakeTitForTat(random)) {}

  std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                  const UploadCapacity& capacity) override;

 private:
  struct Candidate {
    uint32_t index = 0;        // of its view
    bool interesting = false;  // to us
    bool interested = false;   // in us
    bool served_before = false;
    TyrantPeer* peer = nullptr;
  };

  uint64_t Budget(const UploadCapacity& capacity) const;
  void Gather(Time now, std::span<const PeerView> peers);
  uint64_t Allot(uint64_t budget, bool in_round);
  bool Grant(Candidate& candidate, uint64_t budget, uint64_t* spent);
  void ShareOut(uint64_t rest, bool no_limit);
  void Seed(Time now, uint64_t rest);

  Random& random_;
  const TyrantOptions options_;
  TyrantPeers peers_;
  std::unique_ptr<Choker> seeding_;  // the order in which torrents that we have are served
  ChokerRounds rounds_;
  std::vector<Verdict> verdicts_;
  std::vector<Candidate> candidates_;  // only while Decide runs: whom to serve of our downloads
  std::vector<PeerView> fans_;         // of the torrents that we seed
  std::vector<uint32_t> fan_indices_;
  bool leeches_ = false;  // some torrent is not complete
};

// What a rate-limiting choker never sent was never measured: then there is always room for more.
uint64_t Tyrant::Budget(const UploadCapacity& capacity) const {
  uint64_t budget = capacity.rate;
  if (capacity.is_measured) {
    budget = std::max(budget + budget / 4, 4 * options_.initial_rate);
  }
  return options_.cap > 0 ? std::min(budget, options_.cap) : budget;
}

std::span<const Verdict> Tyrant::Decide(Time now, std::span<const PeerView> peers,
                                        const UploadCapacity& capacity) {
  const bool in_round = rounds_.Begin(now);
  if (in_round) peers_.EndRound(now, peers);
  Gather(now, peers);
  const uint64_t budget = Budget(capacity);
  const uint64_t rest = budget - Allot(budget, in_round);
  if (!fans_.empty()) {
    Seed(now, rest);
  } else if (!options_.selfish) {
    ShareOut(rest, capacity.is_measured && options_.cap == 0);
  }
  return verdicts_;
}

void Tyrant::Gather(Time now, std::span<const PeerView> peers) {
  verdicts_.assign(peers.size(), Verdict{});
  candidates_.clear();
  fans_.clear();
  fan_indices_.clear();
  leeches_ = false;
  // All are met before any is pointed at: the map moves its entries.
  for (const PeerView& view : peers) peers_.Meet(now, view);
  for (uint32_t i = 0; i < peers.size(); ++i) {
    const PeerView& view = peers[i];
    verdicts_[i].id = view.id;
    if (view.we_seed) {
      if (view.peer_interested) {
        fans_.push_back(view);
        fan_indices_.push_back(i);
      }
      continue;
    }
    leeches_ = true;
    TyrantPeer& peer = peers_.Meet(now, view);
    const bool served_before = peer.served && view.unchoked_by_us;
    peer.served = false;
    // Who wants nothing of us takes nothing. When it does it is considered at once; or else it must
    // have its share before it wants it.
    if (view.peer_interested || (!options_.fill && view.we_interested)) {
      candidates_.push_back({i, view.we_interested, view.peer_interested, served_before, &peer});
    }
  }
}

bool Tyrant::Grant(Candidate& candidate, uint64_t budget, uint64_t* spent) {
  TyrantPeer& peer = *candidate.peer;
  if (peer.served) return true;
  // Who needs more than there is in all may have all there is, if nobody else got any; not who
  // takes nothing of it now, or others would starve.
  const bool may_have_all = *spent == 0 && candidate.interested;
  const uint64_t rate = std::min(peer.need, may_have_all ? budget : peer.need);
  if (rate > budget - *spent || rate < TyrantPeers::kNeedMin) return false;
  *spent += rate;
  peer.served = true;
  verdicts_[candidate.index].unchoke = true;
  verdicts_[candidate.index].rate_limit = rate;
  return true;
}

// Serves candidates within the budget; returns what they take.
uint64_t Tyrant::Allot(uint64_t budget, bool in_round) {
  uint64_t spent = 0;
  random_.Shuffle(std::span<Candidate>(candidates_));
  std::stable_sort(
      candidates_.begin(), candidates_.end(),
      [](const Candidate& a, const Candidate& b) { return PaysBetter(*a.peer, *b.peer); });
  if (!in_round) {
    // Between rounds whoever is served stays so; what is free goes to newcomers.
    for (Candidate& candidate : candidates_) {
      if (candidate.served_before) Grant(candidate, budget, &spent);
    }
    if (!options_.fill) return spent;
  }
  for (Candidate& candidate : candidates_) {
    if (!candidate.interesting || !candidate.peer->pays()) continue;
    if (!Grant(candidate, budget, &spent)) break;
  }
  for (Candidate& candidate : candidates_) {
    if (candidate.interesting) Grant(candidate, budget, &spent);
  }
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& a, const Candidate& b) {
                     return a.peer->measured_at < b.peer->measured_at;
                   });
  for (Candidate& candidate : candidates_) {
    if (candidate.interested) Grant(candidate, budget, &spent);
  }
  return spent;
}

// Where everybody who wants something is served, the rest is no use to anyone else. How much it is
// shows by itself where nobody set a limit.
void Tyrant::ShareOut(uint64_t rest, bool no_limit) {
  uint64_t interested = 0;
  for (const Candidate& candidate : candidates_) {
    if (!candidate.interested) continue;
    if (!candidate.peer->served) return;
    ++interested;
  }
  if (interested == 0) return;
  const uint64_t share = rest / interested;
  for (const Candidate& candidate : candidates_) {
    if (!candidate.interested) continue;
    uint64_t& limit = verdicts_[candidate.index].rate_limit;
    limit = no_limit ? 0 : limit + share;
  }
}

void Tyrant::Seed(Time now, uint64_t rest) {
  if (rest < TyrantPeers::kNeedMin) return;
  const std::span<const Verdict> decided = seeding_->Decide(now, fans_, {.rate = rest});
  const auto served = static_cast<uint64_t>(std::count_if(
      decided.begin(), decided.end(), [](const Verdict& verdict) { return verdict.unchoke; }));
  for (size_t i = 0; i < decided.size(); ++i) {
    Verdict& verdict = verdicts_[fan_indices_[i]];
    verdict.unchoke = decided[i].unchoke;
    // Who only seeds need not divide its uplink: whoever takes faster may.
    if (decided[i].unchoke && (leeches_ || options_.cap > 0)) verdict.rate_limit = rest / served;
  }
}

}  // namespace

std::unique_ptr<Choker> MakeTyrant(Random& random, const TyrantOptions& options) {
  return std::make_unique<Tyrant>(random, options);
}

}  // namespace starling::peer
