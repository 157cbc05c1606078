// Items of the DHT as the user types and reads them: where one is (TARGET or KEY[:SALT]), what it
// holds, and the lines of `dht put --json` and `dht get --json`.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "dht/item_sink.h"
#include "dht/node.h"

namespace starling::cli {

// Where an item is: 40 digits are a target, 64 a public key; a salt follows after a colon.
struct ItemPlace {
  dht::ItemTarget target;
  std::string salt;
};
std::optional<ItemPlace> ParseItemPlace(absl::string_view text);
// What `dht get` takes for this item.
std::string FormatItemPlace(const dht::Item& item);

// The text of a bencoded string, as it is; of anything else a readable form in JSON, in which a
// string that is no text stands as {"hex": "..."}.
std::string ItemValueText(const dht::Item& item);
bool IsBencodedString(const dht::Item& item);

// Which rule of BEP 44 the item breaks, in a sentence with its error number; empty: none.
std::string ExplainFault(const dht::Item& item);
// "3 nodes refused: error 301, ..." for the commonest refusal; empty if there was none.
std::string ExplainRefusals(const dht::ItemReport& report);

std::string ItemGotJson(const dht::ItemTarget& target, const dht::Item& item,
                        const dht::ItemReport& report, const dht::LookupReport& path);
std::string ItemPutJson(const dht::ItemTarget& target, const dht::Item& item,
                        const dht::ItemReport& report, const dht::LookupReport& path);

}  // namespace starling::cli
