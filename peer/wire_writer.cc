#include "peer/wire_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace starling::peer {
namespace {

constexpr size_t kLengthSize = 4;

std::byte* Store(std::byte* at, uint32_t number) {
  StoreBig(at, number);
  return at + sizeof(number);
}

}  // namespace

void WireWriter::Write(const KeepAlive&) { Store(Room(kLengthSize), 0); }

void WireWriter::WriteNumber(MessageType type, PieceIndex piece) {
  Store(Begin(type, 4, 0), piece.value());
}

void WireWriter::WriteBlock(MessageType type, const storage::BlockRequest& block) {
  std::byte* at = Begin(type, 12, 0);
  at = Store(at, block.piece.value());
  at = Store(at, block.offset);
  Store(at, block.length);
}

void WireWriter::Write(const Piece& message) {
  std::byte* at = Begin(MessageType::kPiece, 8, PayloadSize(message.payload));
  at = Store(at, message.piece.value());
  Store(at, message.offset);
  for (const Slice& part : message.payload) WriteRaw(part);
}

void WireWriter::Write(const Port& message) {
  StoreBig(Begin(MessageType::kPort, 2, 0), message.port);
}

void WireWriter::Write(const Extended& message) {
  const ByteView payload = message.payload.view();
  const bool by_reference = payload.size() >= kReferenceSizeMin;
  const size_t packed = by_reference ? 0 : payload.size();
  std::byte* at = Begin(MessageType::kExtended, 1 + packed, payload.size() - packed);
  *at = static_cast<std::byte>(message.id);
  if (by_reference) {
    WriteRaw(message.payload);
  } else if (!payload.empty()) {
    std::memcpy(at + 1, payload.data(), payload.size());
  }
}

void WireWriter::WriteBitfield(ByteView wire) {
  // A long one gets a buffer of its own, so that the connection does not keep the room for it.
  if (wire.size() >= kReferenceSizeMin) {
    Begin(MessageType::kBitfield, 0, wire.size());
    const Buffer own(wire.size());
    std::memcpy(own.data(), wire.data(), wire.size());
    WriteRaw(own.Sub(0, wire.size()));
    return;
  }
  std::byte* at = Begin(MessageType::kBitfield, wire.size(), 0);
  if (!wire.empty()) std::memcpy(at, wire.data(), wire.size());
}

void WireWriter::WriteRaw(Slice bytes) {
  if (bytes.empty()) return;
  CloseTail();
  size_ += bytes.size();
  ready_.push_back(std::move(bytes));
}

Slice WireWriter::Take() {
  if (ready_first_ == ready_.size()) {
    if (!tail_) return Slice();
    CloseTail();
  }
  Slice part = std::move(ready_[ready_first_++]);
  if (ready_first_ == ready_.size()) {
    ready_.clear();
    ready_first_ = 0;
  }
  size_ -= part.size();
  return part;
}

void WireWriter::Flush(Time now, Stream& stream) {
  while (!empty()) stream.Send(now, Take());
}

// Writes length and type of a message whose body is `body_size` bytes at the place returned, and
// then `following_size` more that the caller adds by reference.
std::byte* WireWriter::Begin(MessageType type, size_t body_size, size_t following_size) {
  std::byte* at = Room(kLengthSize + 1 + body_size);
  at = Store(at, static_cast<uint32_t>(1 + body_size + following_size));
  *at = static_cast<std::byte>(type);
  return at + 1;
}

std::byte* WireWriter::Room(size_t size) {
  const uint32_t begin = space_.Take(size);
  const Buffer& buffer = space_.buffer();
  // Another connection may have written in between, or the buffer may be a new one.
  if (!tail_ || tail_.data() != buffer.data() || tail_end_ != begin) {
    CloseTail();
    tail_ = buffer;
    tail_begin_ = begin;
  }
  tail_end_ = begin + static_cast<uint32_t>(size);
  size_ += size;
  return tail_.data() + begin;
}

void WireWriter::CloseTail() {
  if (!tail_) return;
  ready_.push_back(tail_.Sub(tail_begin_, tail_end_ - tail_begin_));
  tail_ = Buffer();
}

}  // namespace starling::peer
