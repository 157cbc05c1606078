#include "peer/piece_assembly.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"

namespace starling::peer {

void PieceAssembly::Add(Time now, uint32_t block, Payload payload, uint64_t charge) {
  CHECK(block < block_count_);
  if (parts_.empty()) parts_.resize(block_count_);
  Part& part = parts_[block];
  CHECK(part.state == State::kEmpty);
  part.payload = std::move(payload);
  part.charge = static_cast<uint32_t>(std::min<uint64_t>(charge, UINT32_MAX));
  part.state = State::kHeld;
  memory_.Charge(part.charge);
  charged_ += part.charge;
  ++held_;
  last_fed_ = now;
}

void PieceAssembly::Free(Part& part) {
  part.payload.clear();
  memory_.Release(part.charge);
  charged_ -= part.charge;
  --held_;
  if (part.writing && !part.stale) {
    --held_writing_;
    charged_writing_ -= part.charge;
  }
  part.charge = 0;
}

void PieceAssembly::Drop(uint32_t block) {
  if (parts_.empty()) return;
  Part& part = parts_[block];
  if (part.state == State::kHeld) Free(part);
  if (part.state == State::kSpilled) --spilled_;
  part.state = State::kEmpty;
  if (part.writing) part.stale = true;
}

std::optional<uint32_t> PieceAssembly::NextToSpill() const {
  if (held_ == held_writing_) return std::nullopt;
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].state == State::kHeld && !parts_[i].writing) return i;
  }
  return std::nullopt;
}

Payload PieceAssembly::BeginSpill(uint32_t block) {
  Part& part = parts_[block];
  CHECK(part.state == State::kHeld && !part.writing);
  part.writing = true;
  part.stale = false;
  ++writing_;
  ++held_writing_;
  charged_writing_ += part.charge;
  return part.payload;
}

bool PieceAssembly::FinishSpill(uint32_t block, bool written) {
  if (block >= parts_.size() || !parts_[block].writing) return true;
  Part& part = parts_[block];
  if (part.stale) {
    part.writing = false;
    --writing_;
    return true;
  }
  Free(part);
  part.writing = false;
  --writing_;
  part.state = written ? State::kSpilled : State::kEmpty;
  if (written) ++spilled_;
  return written;
}

std::vector<Payload> PieceAssembly::blocks() const {
  std::vector<Payload> blocks(block_count_);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].state == State::kHeld) blocks[i] = parts_[i].payload;
  }
  return blocks;
}

const Payload* PieceAssembly::payload(uint32_t block) const {
  if (block >= parts_.size() || parts_[block].state != State::kHeld) return nullptr;
  return &parts_[block].payload;
}

uint64_t BufferCharge::For(const Payload& payload) {
  const std::greater_equal<const std::byte*> at_or_behind;
  uint64_t charge = 0;
  for (const Slice& slice : payload) {
    const size_t capacity = slice.capacity();
    if (capacity > kCapacityMax) {
      charge += slice.size();
      continue;
    }
    // Receive buffers are filled from the front, so what lies before the last slice seen is in
    // another buffer, and so is what lies further than a capacity behind the first.
    const std::byte* at = slice.data();
    const bool known = first_ != nullptr && capacity == capacity_ && at_or_behind(at, end_) &&
                       static_cast<size_t>(at - first_) < capacity_;
    if (!known) first_ = at;
    end_ = at + slice.size();
    capacity_ = capacity;
    charge += known ? slice.size() : std::max(slice.size(), capacity);
  }
  return charge;
}

}  // namespace starling::peer
