// What one kind of lookup does differently from another, as one pure interface: whom to ask next,
// how many at a time, when an answer is late, when it is over; and whom the routing table keeps for
// it. Variants have names and parameters (dht/variant_registry.h); how to write one of one's own
// is told in docs/add-a-lookup-variant.md.
//
// A variant is a value without state, shared by all lookups and tables of a node and, in a
// simulation, by all nodes: every method is const and depends on its arguments alone, so that the
// same seed gives the same run. What it cannot decide: the limits that protect us and others
// (queries of a lookup, candidates, one answer a participant) hold for every variant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/id.h"
#include "base/time.h"
#include "dht/candidate.h"
#include "dht/contact.h"

namespace starling::dht {

// What a variant sees of a running lookup.
struct LookupState {
  const NodeId& target;
  std::span<const Candidate> candidates;  // nearest to the target first
  int in_flight = 0;                      // asked, neither answered nor late
  int answered = 0;
  bool is_spent = false;  // no further query is allowed
  // About k nodes are expected so near to any target (of the XOR distance the first 64 bits), by
  // the distances in our own neighbourhood. 0: not known, or uses_reach() is false.
  uint64_t reach = 0;

  uint64_t DistanceOf(const Candidate& candidate) const {
    return LoadBig<uint64_t>(candidate.id.bytes.data()) ^ LoadBig<uint64_t>(target.bytes.data());
  }
};

// A full bucket for which somebody new has answered us.
struct BucketState {
  const NodeId& own_id;
  size_t bucket = 0;  // its contacts share exactly so many leading bits with us
  std::span<const Contact> contacts;
  size_t deeper = 0;  // contacts in deeper buckets, or more
};

// Of the round trips that a node has seen lately. Zero: none yet.
struct RoundTrips {
  Duration mean{};
  Duration deviation{};
};

class LookupVariant {
 public:
  virtual ~LookupVariant() = default;

  // k: with so many nodes a lookup ends, so many are named in an answer and told of an announce.
  // From 1 to kClosestMax.
  static constexpr size_t kClosestMax = 20;
  virtual size_t closest_max() const = 0;

  // Of a lookup. It begins with so many of the nearest contacts of our table; up to kSeedsMax.
  static constexpr size_t kSeedsMax = 24;
  virtual size_t seeds() const { return closest_max(); }
  // The position of the candidate to ask now, which must be kUnasked; nothing: nobody until
  // something happens. Called again until it says nothing.
  virtual std::optional<size_t> ChooseNext(const LookupState& state) const = 0;
  virtual bool IsDone(const LookupState& state) const = 0;
  // Have so many different peers come that nobody else needs to be asked? Not for announces.
  virtual bool IsEnough(int /*peers*/) const { return false; }
  // How long after it was asked a candidate is late. `usual` is what Options say.
  virtual Duration LateAfter(const Candidate& /*candidate*/, const RoundTrips& /*seen*/,
                             Duration usual) const {
    return usual;
  }
  // Is LookupState::reach wanted? It costs a look into the table for each lookup.
  virtual bool uses_reach() const { return false; }
  // So many of the latest lookups are remembered, with whom they found, for those that follow.
  virtual size_t remembered_lookups() const { return 0; }
  // Do lookups begin with what others that are running have found as well?
  virtual bool shares_work() const { return false; }

  // Of the table. How many contacts that share exactly `bucket` bits with us may stay.
  virtual size_t BucketSize(size_t bucket) const = 0;
  // Does it ever give up a contact that is alive for another one?
  virtual bool replaces_contacts() const { return false; }
  // The position in `full` of whom to give up for `newcomer`; nothing: it is not taken.
  virtual std::optional<size_t> ChooseVictim(const BucketState& /*full*/,
                                             const Contact& /*newcomer*/) const {
    return std::nullopt;
  }
};

using LookupVariantPointer = std::shared_ptr<const LookupVariant>;

}  // namespace starling::dht
