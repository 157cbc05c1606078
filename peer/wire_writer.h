// Makes bytes of messages (BEP 3). Small messages are packed one after another into one buffer, so
// that many of them leave in one Stream::Send; the content of a piece message is passed on by
// reference behind its 13-byte header and never copied.
//
//   WireWriter writer(space);
//   writer.Write(Have{piece});
//   writer.Write(Request{block});
//   writer.Flush(now, *stream);
//
// Invariant: bytes that were handed out are never written again while anyone holds them. Memory
// grows with what is written and not yet taken; whoever writes flushes in the same event.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/seams.h"
#include "base/time.h"
#include "peer/message_space.h"
#include "peer/wire.h"

namespace starling::peer {

class WireWriter {
 public:
  // Extended payloads from this size on travel by reference, shorter ones are packed.
  static constexpr size_t kReferenceSizeMin = 512;

  explicit WireWriter(MessageSpace& space) : space_(space) {}
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  // Appends one message. (There is none for Unknown, which says what was received.)
  void Write(const KeepAlive&);
  void Write(const Choke&) { WriteBare(MessageType::kChoke); }
  void Write(const Unchoke&) { WriteBare(MessageType::kUnchoke); }
  void Write(const Interested&) { WriteBare(MessageType::kInterested); }
  void Write(const NotInterested&) { WriteBare(MessageType::kNotInterested); }
  void Write(const Have& message) { WriteNumber(MessageType::kHave, message.piece); }
  void Write(const BitfieldMessage& message) { WriteBitfield(message.bytes.view()); }
  void Write(const Request& message) { WriteBlock(MessageType::kRequest, message.block); }
  void Write(const Piece& message);
  void Write(const Cancel& message) { WriteBlock(MessageType::kCancel, message.block); }
  void Write(const Port& message);
  void Write(const Suggest& message) { WriteNumber(MessageType::kSuggest, message.piece); }
  void Write(const HaveAll&) { WriteBare(MessageType::kHaveAll); }
  void Write(const HaveNone&) { WriteBare(MessageType::kHaveNone); }
  void Write(const Reject& message) { WriteBlock(MessageType::kReject, message.block); }
  void Write(const AllowedFast& message) { WriteNumber(MessageType::kAllowedFast, message.piece); }
  void Write(const Extended& message);
  // A bitfield straight from Bitfield::wire(), which is copied.
  void WriteBitfield(ByteView wire);
  // Bytes as they are, in order with the messages: the handshake of BEP 3.
  void WriteRaw(Slice bytes);

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }  // bytes written and not yet taken
  // The oldest bytes not yet taken, as much as lies together; empty when all is taken.
  Slice Take();
  // Sends all of it.
  void Flush(Time now, Stream& stream);

 private:
  void WriteBare(MessageType type) { Begin(type, 0, 0); }
  void WriteNumber(MessageType type, PieceIndex piece);
  void WriteBlock(MessageType type, const storage::BlockRequest& block);
  std::byte* Begin(MessageType type, size_t body_size, size_t following_size);
  std::byte* Room(size_t size);
  void CloseTail();

  MessageSpace& space_;
  absl::InlinedVector<Slice, 2> ready_;  // closed parts in order; before ready_first_: taken
  uint32_t ready_first_ = 0;
  uint32_t tail_begin_ = 0;  // [tail_begin_, tail_end_) of tail_ is written and not yet closed
  uint32_t tail_end_ = 0;
  Buffer tail_;  // none if nothing is
  size_t size_ = 0;
};

}  // namespace starling::peer
