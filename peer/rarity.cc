#include "peer/rarity.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::peer {

Rarity::Rarity(uint32_t piece_count, uint64_t seed)
    : position_(piece_count, kNowhere), count_(piece_count, 0), group_end_(1, 0), random_(seed) {}

void Rarity::Swap(uint32_t a, uint32_t b) {
  std::swap(order_[a], order_[b]);
  position_[order_[a].value()] = a;
  position_[order_[b].value()] = b;
}

void Rarity::MixIn(uint32_t position, uint32_t group) {
  const uint32_t begin = GroupBegin(group);
  const auto other = begin + static_cast<uint32_t>(random_.Below(group_end_[group] - begin));
  Swap(position, other);
}

// Moves the piece at `position`, in `group`, to the end of its group and then across the border.
void Rarity::MoveUp(uint32_t position, uint32_t group) {
  if (group + 1 == group_end_.size()) group_end_.push_back(group_end_.back());
  const uint32_t last = --group_end_[group];
  Swap(position, last);
}

void Rarity::MoveDown(uint32_t position, uint32_t group) {
  const uint32_t first = group_end_[group - 1]++;
  Swap(position, first);
}

void Rarity::List(PieceIndex piece) {
  CHECK(!IsListed(piece));
  const uint32_t group = count_[piece.value()];
  while (group_end_.size() <= group) group_end_.push_back(group_end_.back());
  // It enters behind all and walks down, one border at a time.
  uint32_t position = static_cast<uint32_t>(order_.size());
  order_.push_back(piece);
  position_[piece.value()] = position;
  ++group_end_.back();
  for (auto g = static_cast<uint32_t>(group_end_.size()) - 1; g > group; --g) {
    MoveDown(position, g);
    position = position_[piece.value()];
  }
  MixIn(position, group);
}

void Rarity::Unlist(PieceIndex piece) {
  CHECK(IsListed(piece));
  for (auto g = static_cast<uint32_t>(count_[piece.value()]); g + 1 < group_end_.size(); ++g) {
    MoveUp(position_[piece.value()], g);
  }
  Swap(position_[piece.value()], static_cast<uint32_t>(order_.size()) - 1);
  order_.pop_back();
  --group_end_.back();
  position_[piece.value()] = kNowhere;
}

void Rarity::Increment(PieceIndex piece) {
  uint16_t& count = count_[piece.value()];
  CHECK(count < UINT16_MAX);
  if (IsListed(piece)) {
    MoveUp(position_[piece.value()], count);
    MixIn(position_[piece.value()], count + uint32_t{1});
  }
  ++count;
}

void Rarity::Decrement(PieceIndex piece) {
  uint16_t& count = count_[piece.value()];
  CHECK(count > 0);
  if (IsListed(piece)) {
    MoveDown(position_[piece.value()], count);
    MixIn(position_[piece.value()], count - uint32_t{1});
  }
  --count;
}

double Rarity::distributed_copies() const {
  if (count_.empty()) return 0;
  const uint16_t lowest = *std::min_element(count_.begin(), count_.end());
  const auto more = std::count_if(count_.begin(), count_.end(),
                                  [lowest](uint16_t count) { return count > lowest; });
  return static_cast<double>(seeds_) + lowest +
         static_cast<double>(more) / static_cast<double>(count_.size());
}

}  // namespace starling::peer
