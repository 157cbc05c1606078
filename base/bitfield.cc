#include "base/bitfield.h"

#include <bit>

#include "base/check.h"

namespace starling {
namespace {

std::byte MaskOf(uint32_t index) { return static_cast<std::byte>(0x80u >> (index % 8)); }

}  // namespace

Bitfield::Bitfield(uint32_t size, bool value) : bytes_((size_t{size} + 7) / 8), size_(size) {
  if (value) SetAll();
}

std::optional<Bitfield> Bitfield::FromWire(ByteView bytes, uint32_t size) {
  if (bytes.size() != (size_t{size} + 7) / 8) return std::nullopt;
  if (size % 8 != 0 && (std::to_integer<unsigned>(bytes.back()) & (0xffu >> (size % 8))) != 0) {
    return std::nullopt;
  }
  Bitfield field;
  field.size_ = size;
  field.bytes_.assign(bytes.begin(), bytes.end());
  for (const std::byte byte : bytes) {
    field.count_ += static_cast<uint32_t>(std::popcount(std::to_integer<uint8_t>(byte)));
  }
  return field;
}

bool Bitfield::Set(PieceIndex piece) {
  CHECK(piece.value() < size_);
  if (Has(piece)) return false;
  bytes_[piece.value() / 8] |= MaskOf(piece.value());
  ++count_;
  return true;
}

bool Bitfield::Clear(PieceIndex piece) {
  CHECK(piece.value() < size_);
  if (!Has(piece)) return false;
  bytes_[piece.value() / 8] &= ~MaskOf(piece.value());
  --count_;
  return true;
}

void Bitfield::SetAll() {
  for (std::byte& byte : bytes_) byte = std::byte{0xff};
  if (size_ % 8 != 0) bytes_.back() = static_cast<std::byte>(0xff00u >> (size_ % 8));
  count_ = size_;
}

void Bitfield::ClearAll() {
  for (std::byte& byte : bytes_) byte = std::byte{0};
  count_ = 0;
}

bool Bitfield::LacksAnyOf(const Bitfield& other) const {
  CHECK(size_ == other.size_);
  for (size_t i = 0; i < bytes_.size(); ++i) {
    if ((other.bytes_[i] & ~bytes_[i]) != std::byte{0}) return true;
  }
  return false;
}

}  // namespace starling
