// Items that the DHT stores for whoever puts them there (BEP 44): immutable ones under the hash of
// their value, mutable ones under the hash of the public key that signs them and a salt.
//
// An ItemView looks into a message, an Item owns its bytes. The value is kept as the bencoding
// that came, to the byte: that is what is hashed and signed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "base/ed25519.h"
#include "base/id.h"

namespace starling::dht {

inline constexpr size_t kItemValueSizeMax = 1000;  // bencoded
inline constexpr size_t kItemSaltSizeMax = 64;

// What an item is stored under.
using ItemTarget = Id160<struct ItemTargetTag>;

// What BEP 44 calls its errors by, and those of BEP 5 that an answer to `put` may hold.
enum class ItemError : int {
  kNone = 0,
  kServer = 202,
  kMalformed = 203,
  kValueTooBig = 205,
  kBadSignature = 206,
  kSaltTooBig = 207,
  kCasMismatch = 301,
  kSequenceTooLow = 302,
};
// In words, without the number.
absl::string_view Explain(ItemError error);

struct ItemView {
  ByteView value;                  // bencoded; empty: there is no item
  const std::byte* key = nullptr;  // 32 bytes; null: an immutable item, and what follows is unused
  const std::byte* signature = nullptr;  // 64 bytes
  ByteView salt;
  int64_t seq = 0;

  bool is_mutable() const { return key != nullptr; }
  PublicKey public_key() const { return PublicKey::FromBytes({key, PublicKey::kSize}); }
};

struct Item {
  std::string value;  // bencoded
  bool is_mutable = false;
  PublicKey key;  // from here on of mutable ones only
  Signature signature;
  std::string salt;
  int64_t seq = 0;

  static Item From(const ItemView& view);
  ItemView view() const;
  ItemTarget target() const;
  bool operator==(const Item&) const = default;
};

ItemTarget TargetOf(ByteView value);
ItemTarget TargetOf(const PublicKey& key, ByteView salt);
ItemTarget TargetOf(const ItemView& item);

// What is signed: "4:salt6:foobar3:seqi4e1:v12:Hello world!", without the salt if it is empty.
std::string SignedBytes(ByteView salt, int64_t seq, ByteView value);
// Makes a mutable item. The sizes are the caller's to check.
Item SignItem(const SigningSeed& seed, absl::string_view salt, int64_t seq,
              absl::string_view value);

// What every node may say of an item without looking into its store: sizes, the range of `seq`
// (not negative), that the value is one piece of bencoding. Not the signature, which is dear.
ItemError CheckForm(const ItemView& item);
// Of a mutable item: did the owner of its key sign it?
bool IsGenuine(const ItemView& item);
// Does the item, as somebody sent it, belong under `target`, and may it be handed on? The salt,
// which answers do not hold, is taken from `item`.
bool IsGenuineFor(const ItemTarget& target, const ItemView& item);

}  // namespace starling::dht
