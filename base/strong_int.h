// Integers that cannot be mixed up: a PieceIndex is not a FileIndex. Explicit to make, ordered,
// hashable, and walkable with ++; `value()` is the way out.
#pragma once

#include <compare>
#include <cstdint>
#include <utility>

namespace starling {

template <class Tag, class Rep = uint32_t>
class StrongInt {
 public:
  using rep = Rep;
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr StrongInt& operator++() {
    ++value_;
    return *this;
  }
  constexpr auto operator<=>(const StrongInt&) const = default;

  template <class H>
  friend H AbslHashValue(H h, StrongInt number) {
    return H::combine(std::move(h), number.value_);
  }

 private:
  Rep value_ = 0;
};

using PieceIndex = StrongInt<struct PieceIndexTag, uint32_t>;
using FileIndex = StrongInt<struct FileIndexTag, uint32_t>;
using NodeIndex = StrongInt<struct NodeIndexTag, uint32_t>;

}  // namespace starling
