// The iterative search for the nodes closest to a target, in one address family, without any I/O:
// a sorted list of candidates and Step(), which asks those whom its variant (dht/lookup_variant.h)
// chooses; the variant also says when it is done. Its limits hold for every variant: what
// strangers name costs little: candidates are `closest_max` and kSpareCandidates at most, queries
// at most kQueriesMax, and no name pushes out one of the nearest that answered. Of one participant
// (dht/address.h) only one answer counts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "dht/candidate.h"
#include "dht/lookup_variant.h"

namespace starling::dht {

class Lookup {
 public:
  static constexpr size_t kSpareCandidates = 16;
  static constexpr int kQueriesMax = 96;

  // `variant` outlives the lookup.
  Lookup(const NodeId& target, const LookupVariant& variant)
      : variant_(&variant), target_(target), closest_max_(variant.closest_max()) {}

  // Of LookupState: how near about k nodes are.
  void SetReach(uint64_t reach) { reach_ = reach; }
  void SetQueriesMax(int queries_max) { queries_max_ = queries_max; }
  // A node that somebody named, `hops` referrals away. Returns whether it is a new candidate.
  bool Add(const NodeId& id, const Endpoint& endpoint, uint8_t hops, uint8_t rtt_class = 0);
  // Asks whom it may; `ask` returns false if the query could not be sent.
  void Step(absl::FunctionRef<bool(const Candidate&)> ask);

  // A candidate was asked without Step, by somebody who tells how that ends.
  void MarkAsked(const Endpoint& endpoint);
  // Null: it is no candidate, or not any more.
  const Candidate* Find(const Endpoint& endpoint) const;

  // The three ends of a question. OnReply returns how many hops away the answer came from, or 0 if
  // it does not count.
  uint8_t OnReply(const Endpoint& from, const NodeId& id, ByteView token, uint32_t elapsed_ms);
  // The first time its turn goes to another; the second time it is waited for no longer, if enough
  // have answered, and true is returned.
  bool OnSlow(const Endpoint& to);
  // Returns false if it was given up before.
  bool OnFailure(const Endpoint& to);

  bool done() const;
  // Of those that answered, the nearest; at most closest_max.
  std::vector<const Candidate*> closest() const;
  size_t answered() const;
  // Among the closest, those that were silent and that the end was not put off for.
  int given_up() const;
  std::span<const Candidate> candidates() const { return candidates_; }
  const NodeId& target() const { return target_; }

 private:
  Candidate* FindMutable(const Endpoint& endpoint);
  bool MakeRoomFor(const NodeId& id);
  void Insert(const Candidate& candidate);
  bool IsCounted(const Endpoint& endpoint) const;
  bool IsAnswered(const NodeId& id) const;
  LookupState StateNow() const;
  bool is_spent() const { return queries_ >= queries_max_; }

  const LookupVariant* variant_;
  NodeId target_;
  size_t closest_max_;
  int queries_ = 0;
  int queries_max_ = kQueriesMax;
  uint64_t reach_ = 0;
  std::vector<Candidate> candidates_;  // nearest first
};

}  // namespace starling::dht
