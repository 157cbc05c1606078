// Which pieces: a bit for each, first piece in the high bit of the first byte, just as the
// bitfield message of BEP 3 sends it. The number of set bits is kept, not counted.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/strong_int.h"

namespace starling {

class Bitfield {
 public:
  Bitfield() = default;
  explicit Bitfield(uint32_t size, bool value = false);
  // Reads the payload of a bitfield message; nullopt on a wrong length or a set spare bit.
  static std::optional<Bitfield> FromWire(ByteView bytes, uint32_t size);

  uint32_t size() const { return size_; }
  uint32_t count() const { return count_; }
  bool all() const { return count_ == size_; }
  bool none() const { return count_ == 0; }
  bool Has(PieceIndex piece) const {
    const uint32_t index = piece.value();
    return index < size_ &&
           ((std::to_integer<unsigned>(bytes_[index / 8]) >> (7 - index % 8)) & 1) != 0;
  }
  // Both return whether the bit changed. The index must be below size().
  bool Set(PieceIndex piece);
  bool Clear(PieceIndex piece);
  void SetAll();
  void ClearAll();
  // Has `other` a bit that this one lacks? Sizes are equal.
  bool LacksAnyOf(const Bitfield& other) const;
  ByteView wire() const { return bytes_; }

  bool operator==(const Bitfield&) const = default;

 private:
  std::vector<std::byte> bytes_;
  uint32_t size_ = 0;
  uint32_t count_ = 0;
};

}  // namespace starling
