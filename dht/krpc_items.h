// The part of KRPC that stores items (BEP 44): the keys of `get` and `put`, read by krpc.cc, and
// the messages, written like those of krpc_writer.h.
#pragma once

#include <optional>

#include "base/bencode.h"
#include "dht/item.h"
#include "dht/krpc.h"
#include "dht/krpc_writer.h"

namespace starling::dht::krpc {

// The keys as they came; one of the wrong type is as good as absent.
struct ItemFields {
  ByteView value;  // `v`, bencoded
  ByteView key;
  ByteView signature;
  ByteView salt;
  std::optional<int64_t> seq;
  std::optional<int64_t> cas;
};
void TakeItemText(absl::string_view key, absl::string_view text, ItemFields& fields);
void TakeItemOther(absl::string_view key, const bencode::Value& value, ItemFields& fields);
// The item that the keys make, empty without a value; nullopt if it has some but not all keys of a
// mutable one, or one of another size.
std::optional<ItemView> MakeItem(const ItemFields& fields);

size_t Write(ByteSpan space, const Envelope& envelope, const Get& query);
size_t Write(ByteSpan space, const Envelope& envelope, const Put& query);

// Answers `get`. A large value leaves room for fewer nodes than there are, and where it is tight
// also for neither `ip` nor `v` of the envelope; one that does not fit even so is left out.
struct ItemAnswer : Answer {
  static constexpr size_t kSizeMax = 1200;

  ItemView item;
  std::optional<int64_t> seq;
};
size_t Write(ByteSpan space, const Envelope& envelope, const ItemAnswer& answer);

}  // namespace starling::dht::krpc
