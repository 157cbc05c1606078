// Fixed-size identifiers that cannot be mixed up. Id160<Tag> is 20 bytes in network order: NodeId
// and InfoHash share the XOR metric of Kademlia (BEP 5), Sha1Digest is what a piece hashes to.
// Id256 is the SHA-256 sister for v2 metadata (BEP 52).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace starling {

template <class Tag, size_t kBytes>
struct Id {
  static constexpr size_t kSize = kBytes;
  std::array<std::byte, kBytes> bytes{};

  // `view` must hold at least kSize bytes; exactly the first kSize are taken.
  static Id FromBytes(ByteView view) {
    Id id;
    std::memcpy(id.bytes.data(), view.data(), kBytes);
    return id;
  }
  static std::optional<Id> FromHex(absl::string_view hex) {
    const std::optional<std::string> raw = starling::FromHex(hex);
    if (!raw.has_value() || raw->size() != kBytes) return std::nullopt;
    return FromBytes(AsBytes(*raw));
  }
  // The same bits under another name, for example an InfoHash as the NodeId to look for.
  template <class OtherTag>
  static Id From(const Id<OtherTag, kBytes>& other) {
    return Id{other.bytes};
  }

  ByteView view() const { return bytes; }
  std::string hex() const { return ToHex(bytes); }
  bool is_zero() const { return *this == Id{}; }
  bool bit(size_t index) const {  // 0 is the most significant
    return (std::to_integer<unsigned>(bytes[index / 8]) >> (7 - index % 8)) & 1;
  }

  // Compared in words: the default goes byte by byte, and a large simulation does little else.
  bool operator==(const Id& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), kBytes) == 0;
  }
  std::strong_ordering operator<=>(const Id& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), kBytes) <=> 0;
  }
  template <class H>
  friend H AbslHashValue(H h, const Id& id) {
    uint64_t head;
    std::memcpy(&head, id.bytes.data(), sizeof(head));
    uint64_t tail;
    std::memcpy(&tail, id.bytes.data() + kBytes - sizeof(tail), sizeof(tail));
    return H::combine(std::move(h), head, tail);
  }
};

template <class Tag>
using Id160 = Id<Tag, 20>;
using NodeId = Id160<struct NodeIdTag>;
using InfoHash = Id160<struct InfoHashTag>;  // v1, or a v2 hash cut to 20 bytes (BEP 52)
using Sha1Digest = Id160<struct Sha1Tag>;
using PeerId = Id160<struct PeerIdTag>;
using Sha256Digest = Id<struct Sha256Tag, 32>;

// How many leading bits `a` and `b` share: 0 to 160.
template <class A, class B>
int SharedPrefixBits(const Id160<A>& a, const Id160<B>& b) {
  for (size_t i = 0; i < 16; i += 8) {
    const uint64_t difference =
        LoadBig<uint64_t>(a.bytes.data() + i) ^ LoadBig<uint64_t>(b.bytes.data() + i);
    if (difference != 0) return static_cast<int>(8 * i) + std::countl_zero(difference);
  }
  return 128 + std::countl_zero(LoadBig<uint32_t>(a.bytes.data() + 16) ^
                                LoadBig<uint32_t>(b.bytes.data() + 16));
}

// Is `a` nearer to `target` than `b` by XOR distance? Equal distances are not nearer.
template <class T, class A, class B>
bool IsCloser(const Id160<T>& target, const Id160<A>& a, const Id160<B>& b) {
  for (size_t i = 0; i < 16; i += 8) {
    const auto word_a = LoadBig<uint64_t>(a.bytes.data() + i);
    const auto word_b = LoadBig<uint64_t>(b.bytes.data() + i);
    const auto word = LoadBig<uint64_t>(target.bytes.data() + i);
    if (word_a != word_b) return (word_a ^ word) < (word_b ^ word);
  }
  const auto word = LoadBig<uint32_t>(target.bytes.data() + 16);
  return (LoadBig<uint32_t>(a.bytes.data() + 16) ^ word) <
         (LoadBig<uint32_t>(b.bytes.data() + 16) ^ word);
}

}  // namespace starling
