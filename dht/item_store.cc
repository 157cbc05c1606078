#include "dht/item_store.h"

#include <iterator>
#include <utility>

#include "dht/address.h"
#include "dht/contact.h"

namespace starling::dht {
namespace {

constexpr uint32_t kLifetimeS = std::chrono::duration_cast<seconds>(ItemStore::kLifetime).count();
constexpr uint32_t kExpireEveryS = 60;

bool Fits(const ItemStore::Share& held, size_t size, const ItemStore::Share& limit) {
  return held.items + 1 <= limit.items && held.bytes + size <= limit.bytes;
}

// Many nodes of a private network share a prefix, so there it says nothing.
bool HasNetwork(const Endpoint& source) { return !source.is_private(); }

bool SameSignature(const Item& stored, const ItemView& item) {
  return SameBytes(stored.signature.view(), {item.signature, Signature::kSize});
}

template <class Map, class Key>
ItemStore::Share HeldBy(const Map& shares, const Key& key) {
  const auto found = shares.find(key);
  return found == shares.end() ? ItemStore::Share() : found->second;
}

template <class Map, class Key>
void TakeOff(Map& shares, const Key& key, size_t size) {
  const auto found = shares.find(key);
  found->second.bytes -= size;
  if (--found->second.items == 0) shares.erase(found);
}

}  // namespace

ItemError ItemStore::Put(Time now, const Endpoint& source, const ItemView& item,
                         std::optional<int64_t> cas, absl::FunctionRef<bool()> is_genuine) {
  const uint32_t now_s = ToStamp(now);
  if (now_s >= expire_at_s_) Expire(now_s);
  const ItemTarget distance = DistanceTo(TargetOf(item));
  auto found = entries_.find(distance);
  if (found != entries_.end() && found->second->expires_s <= now_s) {
    Drop(found);
    found = entries_.end();
  }
  Entry* stored = found == entries_.end() ? nullptr : found->second.get();
  if (stored != nullptr) {
    const ItemError error = Compare(*stored, item, cas);
    if (error != ItemError::kNone) return error;
    if (SameBytes(AsBytes(stored->item.value), item.value) && stored->item.seq == item.seq) {
      // A repeated signature was verified when it came first.
      const bool is_verified = !item.is_mutable() || SameSignature(stored->item, item);
      if (!is_verified && !is_genuine()) return ItemError::kBadSignature;
      stored->expires_s = now_s + kLifetimeS;
      return ItemError::kNone;
    }
  }
  const size_t size = SizeOf(item);
  if (!HasShare(source, size, stored)) return ItemError::kServer;
  if (item.is_mutable() && !is_genuine()) return ItemError::kBadSignature;
  if (!MakeRoom(distance, size, stored)) return ItemError::kServer;
  if (stored == nullptr) {
    stored = (entries_[distance] = std::make_unique<Entry>()).get();
  } else {
    Discount(*stored);
  }
  *stored = Entry{Item::From(item), SourceOf(source), now_s + kLifetimeS};
  Count(*stored);
  return ItemError::kNone;
}

const Item* ItemStore::Find(Time now, const ItemTarget& target) {
  const auto found = entries_.find(DistanceTo(target));
  if (found == entries_.end()) return nullptr;
  if (found->second->expires_s > ToStamp(now)) return &found->second->item;
  Drop(found);
  return nullptr;
}

// The rules of BEP 44 for one slot: cas first, since whoever sent it asked to be told of that.
ItemError ItemStore::Compare(const Entry& entry, const ItemView& item,
                             std::optional<int64_t> cas) const {
  if (!item.is_mutable()) return ItemError::kNone;
  const Item& stored = entry.item;
  if (cas.has_value() && *cas != stored.seq) return ItemError::kCasMismatch;
  const bool is_same = SameBytes(AsBytes(stored.value), item.value);
  const bool is_newer = item.seq > stored.seq || (item.seq == stored.seq && is_same);
  return is_newer ? ItemError::kNone : ItemError::kSequenceTooLow;
}

void ItemStore::MoveTo(const NodeId& own_id) {
  Entries moved = std::exchange(entries_, {});
  own_id_ = own_id;
  for (auto& [distance, entry] : moved) {
    const ItemTarget target = entry->item.target();
    entries_.emplace(DistanceTo(target), std::move(entry));
  }
}

ItemTarget ItemStore::DistanceTo(const ItemTarget& target) const {
  ItemTarget distance;
  for (size_t i = 0; i < ItemTarget::kSize; ++i) {
    distance.bytes[i] = target.bytes[i] ^ own_id_.bytes[i];
  }
  return distance;
}

size_t ItemStore::SizeOf(const ItemView& item) {
  return item.value.size() + item.salt.size() + kItemOverhead;
}

// May `source` hold so much more? What it would replace of its own does not count.
bool ItemStore::HasShare(const Endpoint& source, size_t size, const Entry* replaced) const {
  const Endpoint owner = SourceOf(source);
  Share of_source = HeldBy(sources_, owner);
  Share of_network = HeldBy(networks_, owner.prefix());
  if (replaced != nullptr) {
    const size_t freed = SizeOf(replaced->item.view());
    if (replaced->source == owner) {
      --of_source.items;
      of_source.bytes -= freed;
    }
    if (HasNetwork(replaced->source) && replaced->source.prefix() == owner.prefix()) {
      --of_network.items;
      of_network.bytes -= freed;
    }
  }
  if (!Fits(of_source, size, limits_.source)) return false;
  return !HasNetwork(owner) || Fits(of_network, size, limits_.network);
}

// Makes room at `distance` at the cost of those farther away; false if there is not enough there.
bool ItemStore::MakeRoom(const ItemTarget& distance, size_t size, const Entry* replaced) {
  const auto fits = [&] {
    Share held = held_;
    if (replaced != nullptr) {
      --held.items;
      held.bytes -= SizeOf(replaced->item.view());
    }
    return Fits(held, size, limits_.all);
  };
  while (!fits()) {
    if (entries_.empty()) return false;
    const auto farthest = std::prev(entries_.end());
    if (!(distance < farthest->first)) return false;
    Drop(farthest);
  }
  return true;
}

void ItemStore::Count(const Entry& entry) {
  const size_t size = SizeOf(entry.item.view());
  const auto add = [size](Share& share) {
    ++share.items;
    share.bytes += size;
  };
  add(held_);
  add(sources_[entry.source]);
  if (HasNetwork(entry.source)) add(networks_[entry.source.prefix()]);
}

void ItemStore::Discount(const Entry& entry) {
  const size_t size = SizeOf(entry.item.view());
  --held_.items;
  held_.bytes -= size;
  TakeOff(sources_, entry.source, size);
  if (HasNetwork(entry.source)) TakeOff(networks_, entry.source.prefix(), size);
}

void ItemStore::Drop(Entries::iterator entry) {
  Discount(*entry->second);
  entries_.erase(entry);
}

void ItemStore::Expire(uint32_t now_s) {
  expire_at_s_ = now_s + kExpireEveryS;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->second->expires_s > now_s) {
      ++entry;
      continue;
    }
    Discount(*entry->second);
    entry = entries_.erase(entry);
  }
}

}  // namespace starling::dht
