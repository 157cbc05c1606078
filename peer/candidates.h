// The peer set: every address at which a peer of this swarm may listen, with where it came from and
// how it went. Bounded; who is tried next follows from trust in the source, then from how often it
// failed, then from the priority of the pair of addresses (peer_priority.h); while we do not know
// our own, from a draw made when the address was heard of.
//
// A failed address waits 5 s, then twice as long each time, and is given up after eight failures in
// a row until somebody names it again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/endpoint.h"
#include "base/random.h"
#include "base/time.h"
#include "peer/candidate_table.h"
#include "peer/peer_priority.h"
#include "peer/torrent.h"

namespace starling::peer {

class Candidates {
 public:
  static constexpr size_t kMax = 1000;
  static constexpr uint32_t kFailuresMax = 8;
  static constexpr Duration kRetryMin = seconds(5);
  static constexpr Duration kRetryMax = minutes(10);

  // `own_address` outlives this.
  explicit Candidates(Random& random, size_t max = kMax, const OwnAddress* own_address = nullptr)
      : random_(random), max_(max), own_address_(own_address) {}

  // False if it is known already, unusable, or there is no room for one so little trusted.
  bool Add(const Endpoint& endpoint, PeerSource source);
  // Forgets what came from the DHT or peer exchange and returns it (BEP 27).
  std::vector<Endpoint> RemoveUntracked();

  // The one to dial now, which counts as in use from then on. `skip_seeds`: we have everything.
  std::optional<Endpoint> TakeNext(Time now, bool skip_seeds);
  // When TakeNext may have someone: `now` or earlier if at once, kNever if nobody is left.
  Time next_ready(bool skip_seeds) const;

  // Our own address is known now, or is another one.
  void OnOwnAddress();
  // An incoming connection told us where its peer listens.
  void SetInUse(const Endpoint& endpoint);
  // A dial failed, or a connection ended: `served` if it was of any use.
  void OnClosed(Time now, const Endpoint& endpoint, bool served);
  // It broke the protocol: not to be tried again.
  void GiveUp(const Endpoint& endpoint);
  void SetSeed(const Endpoint& endpoint);
  // It is ourselves: remembered so as never to be dialled again.
  void SetOwn(const Endpoint& endpoint);

  bool Knows(const Endpoint& endpoint) const { return Find(endpoint) != nullptr; }
  bool IsInUse(const Endpoint& endpoint) const;
  std::optional<PeerSource> SourceOf(const Endpoint& endpoint) const;
  size_t size() const { return v4_.size() + v6_.size(); }
  // How many are left to try, now or later.
  uint32_t untried(bool skip_seeds) const;

 private:
  const CandidateState* Find(const Endpoint& endpoint) const;
  CandidateState* Find(const Endpoint& endpoint);
  // Null if it is not known; else it is about to change.
  CandidateState* Change(const Endpoint& endpoint);
  // `f` of each entry, whatever its address; IPv4 first.
  template <class F>
  void ForEach(F&& f) {
    for (auto& entry : v4_.entries()) f(entry);
    for (auto& entry : v6_.entries()) f(entry);
  }
  template <class F>
  void ForEach(F&& f) const {
    for (const auto& entry : v4_.entries()) f(entry);
    for (const auto& entry : v6_.entries()) f(entry);
  }
  // Of one in the tables; Time{} if it never failed.
  template <class Entry>
  Time ReadyOf(const Entry& entry) const {
    return entry.state.waits ? waits_.at(entry.endpoint()) : Time{};
  }
  void Erase(const Endpoint& endpoint);
  bool IsCandidate(const CandidateState& state, bool skip_seeds) const;
  bool MakeRoom(PeerSource source);
  uint32_t DrawFor(const Endpoint& endpoint);
  void Forget() {
    known_ready_ = {};
    full_for_.reset();
  }

  Random& random_;
  size_t max_;
  const OwnAddress* own_address_;
  V4Candidates v4_;
  V6Candidates v6_;
  absl::flat_hash_map<Endpoint, Time> waits_;  // of those that failed: when they are ready again
  // Answers of next_ready() that still hold; asked after every tick.
  mutable std::array<std::optional<Time>, 2> known_ready_;
  // There is no room for sources so little trusted, or less; peer exchange asks all the time.
  std::optional<PeerSource> full_for_;
};

}  // namespace starling::peer
