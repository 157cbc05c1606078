#include "peer/wire_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace starling::peer {
namespace {

constexpr size_t kLengthSize = 4;
constexpr size_t kTypeEnd = kLengthSize + 1;
constexpr size_t kExtendedHeadSize = kTypeEnd + 1;
constexpr uint32_t kPieceLengthMin = kPieceHeaderSize - kLengthSize;  // type, piece, offset
constexpr size_t kGatherSizeMin = 1024;

// The length prefix of messages that always have the same one; 0 for the others.
uint32_t FixedLength(MessageType type) {
  switch (type) {
    case MessageType::kChoke:
    case MessageType::kUnchoke:
    case MessageType::kInterested:
    case MessageType::kNotInterested:
    case MessageType::kHaveAll:
    case MessageType::kHaveNone:
      return 1;
    case MessageType::kPort:
      return 3;
    case MessageType::kHave:
    case MessageType::kSuggest:
    case MessageType::kAllowedFast:
      return 5;
    case MessageType::kRequest:
    case MessageType::kCancel:
    case MessageType::kReject:
      return 13;
    default:
      return 0;
  }
}

}  // namespace

void WireReader::Feed(Slice bytes) {
  if (bytes.empty() || broken()) return;
  if (starved()) {
    fed_.clear();
    fed_first_ = 0;
    fed_at_ = 0;
  } else if (fed_.back().Adjoins(bytes)) {
    fed_.back().Extend(bytes);
    return;
  }
  fed_.push_back(std::move(bytes));
}

std::optional<Message> WireReader::Next() {
  if (broken()) return std::nullopt;
  if (stage_ == Stage::kHead && !ReadHead()) return std::nullopt;
  switch (stage_) {
    case Stage::kHead:
      break;  // The head is all there is.
    case Stage::kPayload:
      if (!ReadPayload()) return std::nullopt;
      break;
    case Stage::kBody:
      if (!ReadBody()) return std::nullopt;
      break;
    case Stage::kSkip:
      if (!Skip()) return std::nullopt;
      break;
  }
  Message message = Finish();
  stage_ = Stage::kHead;
  head_size_ = 0;
  return message;
}

std::optional<storage::BlockRequest> WireReader::arriving() const {
  if (stage_ != Stage::kPayload) return std::nullopt;
  storage::BlockRequest arriving = block();
  arriving.length = length_ - kPieceLengthMin;
  return arriving;
}

size_t WireReader::unfinished() const {
  return stage_ == Stage::kPayload ? length_ - kPieceLengthMin - remaining_ : 0;
}

bool WireReader::ReadHead() {
  if (!GatherHead(kLengthSize)) return false;
  length_ = LoadBig<uint32_t>(head_.data());
  if (length_ == 0) return true;
  if (!GatherHead(kTypeEnd)) return false;
  if (const uint32_t fixed = FixedLength(type()); fixed != 0) {
    if (length_ != fixed) return Break("a message of the wrong length");
    return GatherHead(kLengthSize + fixed);
  }
  switch (type()) {
    case MessageType::kPiece:
      return BeginPiece();
    case MessageType::kBitfield:
      return BeginBitfield();
    case MessageType::kExtended:
      return BeginExtended();
    default:
      return BeginUnknown();
  }
}

bool WireReader::BeginPiece() {
  if (length_ < kPieceLengthMin) return Break("a piece message without a block");
  if (length_ > kPieceLengthMin + kPayloadSizeMax) return Break("a block that is too long");
  if (!GatherHead(kPieceHeaderSize)) return false;
  remaining_ = length_ - kPieceLengthMin;
  stage_ = Stage::kPayload;
  return true;
}

bool WireReader::BeginBitfield() {
  remaining_ = length_ - 1;
  if (remaining_ > kBitfieldSizeMax ||
      (bitfield_size_ != kAnySize && remaining_ != bitfield_size_)) {
    return Break("a bitfield of the wrong length");
  }
  stage_ = Stage::kBody;
  return true;
}

bool WireReader::BeginExtended() {
  if (length_ < 2) return Break("an extended message without an id");
  if (length_ - 2 > kExtendedSizeMax) return Break("an extended message that is too long");
  if (!GatherHead(kExtendedHeadSize)) return false;
  remaining_ = length_ - 2;
  stage_ = Stage::kBody;
  return true;
}

bool WireReader::BeginUnknown() {
  if (length_ - 1 > kUnknownSizeMax) return Break("a message that is too long");
  remaining_ = length_ - 1;
  stage_ = Stage::kSkip;
  return true;
}

bool WireReader::ReadPayload() {
  while (remaining_ > 0 && !starved()) {
    Slice part = TakeFed(remaining_);
    remaining_ -= static_cast<uint32_t>(part.size());
    AddPart(std::move(part));
  }
  return remaining_ == 0;
}

void WireReader::AddPart(Slice part) {
  if (gathered_) {
    Gather(part.view(), length_ - kPieceLengthMin);
  } else if (!payload_.empty() && payload_.back().Adjoins(part)) {
    payload_.back().Extend(part);
  } else if (payload_.size() < kPayloadPartsMax) {
    payload_.push_back(std::move(part));
  } else {
    gathered_ = Buffer(length_ - kPieceLengthMin);
    for (const Slice& earlier : payload_) Gather(earlier.view(), gathered_.capacity());
    payload_.clear();
    Gather(part.view(), gathered_.capacity());
  }
}

bool WireReader::ReadBody() {
  if (!gathered_ && !starved() && PeekFed(remaining_).size() == remaining_) {
    payload_.push_back(TakeFed(remaining_));
    remaining_ = 0;
  }
  const size_t body_size = gathered_size_ + remaining_;
  while (remaining_ > 0 && !starved()) {
    const ByteView next = PeekFed(remaining_);
    remaining_ -= static_cast<uint32_t>(next.size());
    Gather(next, body_size);
    DropFed(next.size());
  }
  return remaining_ == 0;
}

// Appends to gathered_, which doubles as bytes come and never becomes larger than `size_max`.
void WireReader::Gather(ByteView bytes, size_t size_max) {
  const size_t size = gathered_size_ + bytes.size();
  CHECK(size <= size_max);
  if (size > gathered_.capacity()) {
    const size_t doubled = std::max(2 * gathered_.capacity(), kGatherSizeMin);
    Buffer larger(std::min(std::max(size, doubled), size_max));
    if (gathered_size_ > 0) std::memcpy(larger.data(), gathered_.data(), gathered_size_);
    gathered_ = std::move(larger);
  }
  std::memcpy(gathered_.data() + gathered_size_, bytes.data(), bytes.size());
  gathered_size_ = static_cast<uint32_t>(size);
}

bool WireReader::Skip() {
  while (remaining_ > 0 && !starved()) {
    const size_t size = PeekFed(remaining_).size();
    remaining_ -= static_cast<uint32_t>(size);
    DropFed(size);
  }
  return remaining_ == 0;
}

Message WireReader::Finish() {
  switch (stage_) {
    case Stage::kPayload:
      return FinishPiece();
    case Stage::kBody:
      if (type() == MessageType::kBitfield) return BitfieldMessage{TakeBody()};
      return Extended{std::to_integer<uint8_t>(head_[kTypeEnd]), TakeBody()};
    case Stage::kSkip:
      return Unknown{std::to_integer<uint8_t>(head_[kLengthSize]), length_ - 1};
    case Stage::kHead:
      break;
  }
  if (length_ == 0) return KeepAlive{};
  return FixedMessage();
}

Message WireReader::FinishPiece() {
  if (gathered_) {
    Buffer::CountCopied(gathered_size_);
    payload_.push_back(TakeBody());
  }
  Piece piece{block().piece, block().offset, std::move(payload_)};
  payload_ = Payload();
  return piece;
}

Slice WireReader::TakeBody() {
  if (!gathered_) {
    if (payload_.empty()) return Slice();
    Slice body = std::move(payload_.front());
    payload_.clear();
    return body;
  }
  const Buffer gathered = std::exchange(gathered_, Buffer());
  return gathered.Sub(0, std::exchange(gathered_size_, 0));
}

Message WireReader::FixedMessage() const {
  switch (type()) {
    case MessageType::kChoke:
      return Choke{};
    case MessageType::kUnchoke:
      return Unchoke{};
    case MessageType::kInterested:
      return Interested{};
    case MessageType::kNotInterested:
      return NotInterested{};
    case MessageType::kHave:
      return Have{block().piece};
    case MessageType::kRequest:
      return Request{block()};
    case MessageType::kCancel:
      return Cancel{block()};
    case MessageType::kPort:
      return Port{LoadBig<uint16_t>(head_.data() + kTypeEnd)};
    case MessageType::kSuggest:
      return Suggest{block().piece};
    case MessageType::kHaveAll:
      return HaveAll{};
    case MessageType::kHaveNone:
      return HaveNone{};
    case MessageType::kReject:
      return Reject{block()};
    case MessageType::kAllowedFast:
      return AllowedFast{block().piece};
    default:
      CHECK(false);
  }
}

// The numbers that the head holds; those that the message lacks mean nothing.
storage::BlockRequest WireReader::block() const {
  const std::byte* at = head_.data() + kTypeEnd;
  return {PieceIndex(LoadBig<uint32_t>(at)), LoadBig<uint32_t>(at + 4), LoadBig<uint32_t>(at + 8)};
}

bool WireReader::GatherHead(size_t size) {
  while (head_size_ < size && !starved()) {
    const ByteView next = PeekFed(size - head_size_);
    std::memcpy(head_.data() + head_size_, next.data(), next.size());
    head_size_ = static_cast<uint8_t>(head_size_ + next.size());
    DropFed(next.size());
  }
  return head_size_ >= size;
}

// At most `size_max` bytes that lie together; something was fed and is left.
ByteView WireReader::PeekFed(size_t size_max) const {
  const ByteView front = fed_[fed_first_].view().subspan(fed_at_);
  return front.first(std::min(size_max, front.size()));
}

void WireReader::DropFed(size_t size) {
  fed_at_ += static_cast<uint32_t>(size);
  if (fed_at_ < fed_[fed_first_].size()) return;
  fed_[fed_first_++] = Slice();
  fed_at_ = 0;
}

Slice WireReader::TakeFed(size_t size_max) {
  const size_t size = PeekFed(size_max).size();
  Slice part = fed_[fed_first_].Sub(fed_at_, size);
  DropFed(size);
  return part;
}

bool WireReader::Break(const char* reason) {
  reason_ = reason;
  fed_.clear();
  fed_first_ = 0;
  return false;
}

}  // namespace starling::peer
