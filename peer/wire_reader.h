// Makes messages of the bytes of a stream (BEP 3). It is fed the slices that the stream hands out
// and is then asked for messages until there are none:
//
//   reader.Feed(std::move(bytes));
//   while (std::optional<Message> message = reader.Next()) { ... }
//   if (reader.broken()) close(reader.reason());
//
// Invariants: the payload of a piece message is never assembled; it is made of views of what was
// fed, adjacent ones merged. A length prefix alone never makes it allocate: memory grows only with
// bytes that came. Once broken it stays broken, whatever is fed. A message may outlive the reader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "peer/wire.h"
#include "storage/piece_store.h"

namespace starling::peer {

class WireReader {
 public:
  // A block from an honest stream is one slice, or two where receive buffers meet. Only a peer that
  // trickles bytes makes many of them, each holding a whole receive buffer; beyond so many they are
  // gathered in one buffer of the block's own size. That is the one copy here, and a defence.
  static constexpr size_t kPayloadPartsMax = 16;

  WireReader() = default;
  WireReader(const WireReader&) = delete;
  WireReader& operator=(const WireReader&) = delete;

  // From now on a bitfield message must have the length for so many pieces. Before that, while the
  // metadata is not known, any length up to kBitfieldSizeMax passes.
  void SetPieceCount(uint32_t pieces) { bitfield_size_ = pieces / 8 + (pieces % 8 != 0 ? 1 : 0); }

  // Takes what the stream brought. Cheap; the work is done in Next().
  void Feed(Slice bytes);
  // The next whole message, or nullopt when there is none yet or the stream is broken.
  std::optional<Message> Next();

  // Did the peer violate the protocol? Then nothing more can be read from it.
  bool broken() const { return reason_ != nullptr; }
  // What it did, in a few words; empty while it is not broken.
  absl::string_view reason() const { return reason_ == nullptr ? "" : reason_; }

  // The block whose piece message has begun and is not complete, with the length that its message
  // announces: it is on its way and need not time out.
  std::optional<storage::BlockRequest> arriving() const;
  // Payload bytes of that block that are here already: progress for rates and snubbing. 0 if none.
  size_t unfinished() const;

 private:
  enum class Stage : uint8_t { kHead, kPayload, kBody, kSkip };
  // Length, type and three numbers: the longest head, that of a request.
  static constexpr size_t kHeadSizeMax = 17;
  static constexpr uint32_t kAnySize = ~uint32_t{0};

  // Each is true once its part of the message is complete.
  bool ReadHead();
  bool ReadPayload();
  bool ReadBody();
  bool Skip();

  bool GatherHead(size_t size);
  bool BeginPiece();
  bool BeginBitfield();
  bool BeginExtended();
  bool BeginUnknown();
  void AddPart(Slice part);
  void Gather(ByteView bytes, size_t size_max);
  Message Finish();
  Message FinishPiece();
  Slice TakeBody();
  Message FixedMessage() const;
  bool Break(const char* reason);

  bool starved() const { return fed_first_ == fed_.size(); }
  ByteView PeekFed(size_t size_max) const;
  void DropFed(size_t size);
  Slice TakeFed(size_t size_max);
  MessageType type() const { return static_cast<MessageType>(head_[4]); }
  storage::BlockRequest block() const;

  absl::InlinedVector<Slice, 1> fed_;  // in order, none empty; those before fed_first_ are used up
  uint32_t fed_first_ = 0;
  uint32_t fed_at_ = 0;  // of the first, so much is used up
  std::array<std::byte, kHeadSizeMax> head_{};
  uint8_t head_size_ = 0;
  Stage stage_ = Stage::kHead;
  uint32_t length_ = 0;     // the message's length prefix
  uint32_t remaining_ = 0;  // bytes of its payload or body that are still to come
  // Of the piece message under way, or the body of another if one fed slice holds all of it.
  Payload payload_;
  Buffer gathered_;  // else, or for a trickled payload, this holds it
  uint32_t gathered_size_ = 0;
  uint32_t bitfield_size_ = kAnySize;
  const char* reason_ = nullptr;  // a literal
};

}  // namespace starling::peer
