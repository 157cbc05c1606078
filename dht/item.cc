#include "dht/item.h"

#include <array>
#include <cstring>

#include "base/bencode.h"
#include "base/digest.h"

namespace starling::dht {

absl::string_view Explain(ItemError error) {
  switch (error) {
    case ItemError::kNone:
      return "accepted";
    case ItemError::kServer:
      return "no room for more items";
    case ItemError::kMalformed:
      return "malformed item";
    case ItemError::kValueTooBig:
      return "message (v field) too big";
    case ItemError::kBadSignature:
      return "invalid signature";
    case ItemError::kSaltTooBig:
      return "salt (salt field) too big";
    case ItemError::kCasMismatch:
      return "the CAS hash mismatched, re-read value and try again";
    case ItemError::kSequenceTooLow:
      return "sequence number less than current";
  }
  return "";
}

Item Item::From(const ItemView& view) {
  Item item;
  item.value = std::string(AsText(view.value));
  if (!view.is_mutable()) return item;
  item.is_mutable = true;
  item.key = view.public_key();
  item.signature = Signature::FromBytes({view.signature, Signature::kSize});
  item.salt = std::string(AsText(view.salt));
  item.seq = view.seq;
  return item;
}

ItemView Item::view() const {
  ItemView view;
  view.value = AsBytes(value);
  if (!is_mutable) return view;
  view.key = key.bytes.data();
  view.signature = signature.bytes.data();
  view.salt = AsBytes(salt);
  view.seq = seq;
  return view;
}

ItemTarget Item::target() const { return TargetOf(view()); }

ItemTarget TargetOf(ByteView value) { return ItemTarget::From(Sha1(value)); }

ItemTarget TargetOf(const PublicKey& key, ByteView salt) {
  Sha1Hasher hasher;
  hasher.Add(key.view());
  hasher.Add(salt);
  return ItemTarget::From(hasher.Finish());
}

ItemTarget TargetOf(const ItemView& item) {
  return item.is_mutable() ? TargetOf(item.public_key(), item.salt) : TargetOf(item.value);
}

std::string SignedBytes(ByteView salt, int64_t seq, ByteView value) {
  std::string bytes;
  bytes.reserve(salt.size() + value.size() + 48);
  bencode::Writer writer(&bytes);
  // An empty salt is as good as none.
  if (!salt.empty()) writer.Key("salt").Bytes(salt);
  writer.Key("seq").Integer(seq).Key("v").Raw(value);
  return bytes;
}

Item SignItem(const SigningSeed& seed, absl::string_view salt, int64_t seq,
              absl::string_view value) {
  Item item;
  item.value = std::string(value);
  item.is_mutable = true;
  item.key = PublicKeyOf(seed);
  item.salt = std::string(salt);
  item.seq = seq;
  item.signature = Sign(seed, AsBytes(SignedBytes(AsBytes(salt), seq, AsBytes(value))));
  return item;
}

ItemError CheckForm(const ItemView& item) {
  if (item.value.size() > kItemValueSizeMax) return ItemError::kValueTooBig;
  if (!bencode::Parse(item.value).has_value()) return ItemError::kMalformed;
  if (!item.is_mutable()) return ItemError::kNone;
  if (item.salt.size() > kItemSaltSizeMax) return ItemError::kSaltTooBig;
  if (item.seq < 0 || item.signature == nullptr) return ItemError::kMalformed;
  return ItemError::kNone;
}

bool IsGenuine(const ItemView& item) {
  return IsSignedBy(item.public_key(), AsBytes(SignedBytes(item.salt, item.seq, item.value)),
                    Signature::FromBytes({item.signature, Signature::kSize}));
}

bool IsGenuineFor(const ItemTarget& target, const ItemView& item) {
  if (CheckForm(item) != ItemError::kNone || TargetOf(item) != target) return false;
  return !item.is_mutable() || IsGenuine(item);
}

}  // namespace starling::dht
