// The iterative search for the nodes closest to a target, in one address family, without any I/O:
// a sorted list of candidates and Step(), which asks the nearest few it may ask.
//
// A lookup is done when the `closest_max` nearest candidates that are alive have answered. What
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

namespace starling::dht {

struct Candidate {
  enum class State : uint8_t { kUnasked, kAsked, kSlow, kAnswered, kFailed };
  static constexpr size_t kTokenSizeMax = 30;  // the longest seen in the wild is 20

  NodeId id;
  Endpoint endpoint;
  State state = State::kUnasked;
  uint8_t hops = 1;          // length of the referral chain, our table is 1
  uint32_t answered_ms = 0;  // after the start of the search
  uint8_t token_size = 0;    // 0: it gave none, nothing can be announced to it
  std::byte token[kTokenSizeMax];

  ByteView token_view() const { return {token, token_size}; }
};

class Lookup {
 public:
  static constexpr size_t kSpareCandidates = 16;
  static constexpr int kQueriesMax = 96;

  Lookup(const NodeId& target, size_t closest_max, int parallel)
      : target_(target), closest_max_(closest_max), parallel_(parallel) {}

  // A node that somebody named, `hops` referrals away. Returns whether it is a new candidate.
  bool Add(const NodeId& id, const Endpoint& endpoint, uint8_t hops);
  // Asks whom it may; `ask` returns false if the query could not be sent.
  void Step(absl::FunctionRef<bool(const Endpoint&)> ask);

  // The three ends of a question. OnReply returns how many hops away the answer came from, or 0 if
  // it does not count.
  uint8_t OnReply(const Endpoint& from, const NodeId& id, ByteView token, uint32_t elapsed_ms);
  void OnSlow(const Endpoint& to);
  void OnFailure(const Endpoint& to);

  bool done() const;
  // Of those that answered, the nearest; at most closest_max.
  std::vector<const Candidate*> closest() const;
  size_t answered() const;
  std::span<const Candidate> candidates() const { return candidates_; }
  const NodeId& target() const { return target_; }

 private:
  Candidate* Find(const Endpoint& endpoint);
  bool MakeRoomFor(const NodeId& id);
  void Insert(const Candidate& candidate);
  bool IsCounted(const Endpoint& endpoint) const;
  bool IsAnswered(const NodeId& id) const;
  bool is_spent() const { return queries_ >= kQueriesMax; }

  NodeId target_;
  size_t closest_max_;
  int parallel_;
  int queries_ = 0;
  std::vector<Candidate> candidates_;  // nearest first
};

}  // namespace starling::dht
