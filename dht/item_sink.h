// What a Node is told about items (BEP 44) to look for or to store, and what it tells back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "dht/item.h"
#include "dht/lookup_step.h"

namespace starling::dht {

struct LookupReport;

// A node that did not take an item, and why; `code` is an ItemError or any other number.
struct ItemRefusal {
  Endpoint node;
  int64_t code = 0;
  std::string text;  // from a stranger, at most kRefusalTextMax bytes
};
inline constexpr size_t kRefusalTextMax = 120;

struct ItemReport {
  int holders = 0;  // nodes that had an item, of whatever sequence number
  int asked = 0;    // nodes that were told to store one
  int stored = 0;   // nodes that did
  std::vector<ItemRefusal> refusals;
  std::optional<Item> found;  // the best of all
  std::optional<Item> put;    // what was to be stored
};

// Who looks for an item or puts one. May destroy or cancel anything from inside.
class ItemSink : public LookupWatcher {
 public:
  // A genuine item. Of a mutable one others may follow, each with a higher sequence number.
  virtual void OnItem(Time now, LookupId lookup, const Item& item) = 0;
  virtual void OnItemDone(Time now, LookupId lookup, const ItemReport& report,
                          const LookupReport& path) = 0;
};

// Makes the item to store, knowing what is stored now (null: nothing was found); nullopt: none, the
// put ends there. Must not call or destroy the Node inside.
using ItemComposer = absl::AnyInvocable<std::optional<Item>(const Item* current)>;

struct ItemPut {
  ItemTarget target;
  std::string salt;
  ItemComposer compose;
  // Only nodes that store this sequence number, or nothing, shall take it.
  std::optional<int64_t> cas;

  // Puts just this, whatever there is.
  static ItemPut Of(Item item, std::optional<int64_t> cas = std::nullopt) {
    ItemPut put{item.target(), item.salt, nullptr, cas};
    put.compose = [item = std::move(item)](const Item*) { return std::optional<Item>(item); };
    return put;
  }
};

}  // namespace starling::dht
