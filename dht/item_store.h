// The items that others put here (BEP 44), for both address families: the target decides where an
// item belongs, not the address it came from.
//
// Memory is bounded three times over, by bytes and by number: in all, for each putting source (a
// participant as dht/address.h says), and for each network of public sources (the /24 of IPv4, the
// /48 of IPv6), so that neither one address nor one prefix can fill the store. When it is full,
// what is farthest from our id gives way: the network asks us least for that. An item lives for
// two hours after its last put.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"
#include "dht/item.h"

namespace starling::dht {

class ItemStore {
 public:
  static constexpr Duration kLifetime = hours(2);
  // What an item takes beside its value and its salt.
  static constexpr size_t kItemOverhead = 320;

  struct Share {
    size_t items = 0;
    size_t bytes = 0;
  };
  struct Limits {
    Share all{4096, 2 * 1024 * 1024};
    Share source{64, 32 * 1024};
    Share network{512, 256 * 1024};
  };

  ItemStore(const NodeId& own_id, const Limits& limits) : own_id_(own_id), limits_(limits) {}
  explicit ItemStore(const NodeId& own_id) : ItemStore(own_id, Limits()) {}

  // Stores `item`, whose form is good (CheckForm), as put by `source`, or keeps it for longer if it
  // is here already. `is_genuine` is asked last, and not for what is refused anyway.
  ItemError Put(Time now, const Endpoint& source, const ItemView& item, std::optional<int64_t> cas,
                absl::FunctionRef<bool()> is_genuine);
  // Null if there is none. Good until the next Put.
  const Item* Find(Time now, const ItemTarget& target);
  // Our id is another one now.
  void MoveTo(const NodeId& own_id);

  size_t items() const { return held_.items; }
  size_t bytes() const { return held_.bytes; }

 private:
  struct Entry {
    Item item;
    Endpoint source;
    uint32_t expires_s;
  };
  // Keyed by distance to our id, so the last one is the farthest.
  using Entries = absl::btree_map<ItemTarget, std::unique_ptr<Entry>>;

  ItemTarget DistanceTo(const ItemTarget& target) const;
  static size_t SizeOf(const ItemView& item);
  ItemError Compare(const Entry& entry, const ItemView& item, std::optional<int64_t> cas) const;
  bool HasShare(const Endpoint& source, size_t size, const Entry* replaced) const;
  bool MakeRoom(const ItemTarget& distance, size_t size, const Entry* replaced);
  void Count(const Entry& entry);
  void Discount(const Entry& entry);
  void Drop(Entries::iterator entry);
  void Expire(uint32_t now_s);

  NodeId own_id_;
  Limits limits_;
  Entries entries_;
  Share held_;
  absl::flat_hash_map<Endpoint, Share> sources_;   // found in, never walked
  absl::flat_hash_map<uint64_t, Share> networks_;  // found in, never walked
  uint32_t expire_at_s_ = 0;
};

}  // namespace starling::dht
