// The contacts of one address family (BEP 5, "Routing Table"): one vector ordered by bucket, and
// where each bucket ends. Bucket b holds nodes that share exactly b leading bits with our id, the
// last one all that share more; so a bucket never needs splitting and holds just what a split
// table would hold.
//
// How many contacts a bucket may hold, and whether a full one gives somebody up for a newcomer, is
// decided by the node's variant (dht/lookup_variant.h).
//
// Invariants: no bucket over its size and each in the order of its ids (their first 64 bits), ids
// unique, one entry for each participant (dht/address.h).
// Only what answered us gets in, but for AddUnverified (a restored table), and answers to others
// leave those out. One ring of 8 keeps replacements for all buckets; in a network outage it keeps
// the last contacts that were dropped, so that there is somebody to ask afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "dht/contact.h"
#include "dht/lookup_variant.h"

namespace starling::dht {

class RoutingTable {
 public:
  static constexpr size_t kBuckets = 40;  // beyond 2^40 nodes the last bucket would be too coarse
  static constexpr size_t kReplacementsMax = 8;
  static constexpr size_t kFoundMax = 64;

  using Filter = absl::FunctionRef<bool(const Contact&)>;

  // `variant` says how large buckets are and whom they keep; it outlives the table.
  // `keeps_identities` as Defences has it.
  RoutingTable(const NodeId& own_id, const LookupVariant& variant, bool keeps_identities = true)
      : own_id_(own_id), keeps_identities_(keeps_identities), variant_(&variant) {}

  // `id` at `endpoint` answered us. Returns whether it is in the table now.
  bool OnAnswer(uint32_t now_s, const NodeId& id, const Endpoint& endpoint, uint8_t rtt_class);
  // It asked us something. Returns whether it is in the table, verified.
  bool OnQuery(uint32_t now_s, const NodeId& id, const Endpoint& endpoint);
  // A query to it was not answered. With `may_be_us` nobody answers us lately, so that it becomes
  // suspect but is not dropped yet.
  enum class Loss { kNotOurs, kSuspect, kDropped };
  Loss OnTimeout(uint32_t now_s, const Endpoint& endpoint, bool may_be_us);
  // Takes a contact that is to be verified soon, if its bucket has room.
  bool AddUnverified(const NodeId& id, const Endpoint& endpoint);
  // Lets one contact go whose id is not bound to its address (BEP 42) and which holds a place where
  // `id` belongs.
  void YieldInsecure(const NodeId& id);
  // Makes an empty table of those `contacts` that `filter` accepts and buckets have room for, as
  // they are and without a byte to spare. That they are different participants is not looked at.
  void Fill(std::span<const Contact> contacts, Filter filter);

  // The exact nearest to `target` of those that `filter` accepts, nearest first; returns how many.
  // At most kFoundMax are asked for. The pointers are good until the table changes.
  size_t FindClosest(const NodeId& target, std::span<const Contact*> closest, Filter filter) const;
  size_t FindClosest(const NodeId& target, std::span<const Contact*> closest) const {
    return FindClosest(target, closest, [](const Contact&) { return true; });
  }

  // How near about `count` nodes are to any id, judged by the distance of our own neighbours: the
  // first 64 bits of an XOR distance. 0: too few neighbours are known.
  uint64_t ReachOf(size_t count) const;
  // Would a new contact with this id find a place?
  bool HasRoom(const NodeId& id) const;
  const Contact* Find(const NodeId& id) const;
  std::span<const Contact> contacts() const { return contacts_; }
  std::span<const Contact> bucket(size_t index) const;
  std::span<const Contact> replacements() const { return replacements_; }
  size_t size() const { return contacts_.size(); }
  // Fetches what stands around `id` in its bucket, or the first contacts of all, into the cache.
  void Prefetch(const NodeId& id) const;
  void Prefetch() const;
  bool empty() const { return contacts_.empty(); }
  // A bucket that is not full although the deeper ones together hold enough to expect that it
  // could be; the search for more begins after bucket `after`. Nothing: the table is as it can be.
  std::optional<size_t> FindSparseBucket(size_t after) const;
  const NodeId& own_id() const { return own_id_; }
  // What the vectors hold of the heap.
  size_t memory_bytes() const {
    return (contacts_.capacity() + replacements_.capacity()) * sizeof(Contact);
  }

 private:
  size_t BucketOf(const NodeId& id) const;
  // Where a contact whose id begins with these 64 bits stands in its bucket, or would stand.
  size_t PlaceOf(size_t bucket, uint64_t head) const;
  size_t GuessPlace(size_t bucket, uint64_t head) const;
  size_t begin_of(size_t bucket) const { return bucket == 0 ? 0 : ends_[bucket - 1]; }
  Contact* FindMutable(const NodeId& id);
  bool ClearPlace(const Contact& newcomer);
  bool MakeRoom(size_t bucket, const Contact& newcomer);
  void Insert(size_t bucket, const Contact& contact);
  void RemoveAt(size_t index);
  void Replace(uint32_t now_s, size_t bucket);
  void Keep(const Contact& replacement);

  NodeId own_id_;
  bool keeps_identities_;  // in what would be padding
  const LookupVariant* variant_;
  std::array<uint16_t, kBuckets> ends_{};
  // Bucket by bucket, and there in the order of the first 64 bits of their ids.
  std::vector<Contact> contacts_;
  std::vector<Contact> replacements_;
  size_t oldest_replacement_ = 0;
};

}  // namespace starling::dht
