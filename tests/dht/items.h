// Items for tests: keys by number, values as short texts, and a sink that keeps what it is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dht/item.h"
#include "dht/item_sink.h"
#include "dht/node.h"

namespace starling::dht {

inline std::string Bencoded(absl::string_view text) { return absl::StrCat(text.size(), ":", text); }

inline SigningSeed SeedOf(int number) {
  SigningSeed seed;
  seed.bytes[0] = static_cast<std::byte>(number);
  return seed;
}

inline Item Immutable(absl::string_view text) {
  Item item;
  item.value = Bencoded(text);
  return item;
}

inline Item Signed(int64_t seq, absl::string_view text, absl::string_view salt = "", int key = 1) {
  return SignItem(SeedOf(key), salt, seq, Bencoded(text));
}

class ItemCollector : public ItemSink {
 public:
  void OnItem(Time, LookupId, const Item& item) override { items.push_back(item); }
  void OnItemDone(Time, LookupId, const ItemReport& told, const LookupReport& way) override {
    ++done;
    report = told;
    path = way;
  }

  std::vector<Item> items;
  int done = 0;
  ItemReport report;
  LookupReport path;
};

}  // namespace starling::dht
