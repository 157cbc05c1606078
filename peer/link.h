// One peer's stream with what every conversation on it needs: messages are written into a buffer
// and flushed together, reading can be paused for several reasons at once, and the times of the
// last bytes in both directions are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/seams.h"
#include "base/time.h"
#include "peer/wire_writer.h"

namespace starling::peer {

class Link {
 public:
  enum Reason : uint8_t { kMemory = 1, kRateLimit = 2 };

  explicit Link(MessageSpace& space) : writer_(space) {}

  void Adopt(Time now, std::unique_ptr<Stream> stream, StreamHandler& handler);
  void Close() { stream_.reset(); }
  bool is_open() const { return stream_ != nullptr; }
  std::unique_ptr<Stream>& stream() { return stream_; }

  template <class Message>
  void Write(const Message& message) {
    writer_.Write(message);
  }
  WireWriter& writer() { return writer_; }
  void Flush(Time now);
  // Bytes that the network has not taken yet.
  size_t unsent() const { return writer_.size() + (stream_ == nullptr ? 0 : stream_->unsent()); }

  void PauseReading(Time now, Reason reason);
  void ResumeReading(Time now, Reason reason);
  bool is_paused() const { return paused_ != 0; }
  bool IsPausedFor(Reason reason) const { return (paused_ & reason) != 0; }

  void OnReceived(Time now) { last_received_ = now; }
  Time last_received() const { return last_received_; }
  Time last_sent() const { return last_sent_; }

 private:
  std::unique_ptr<Stream> stream_;
  WireWriter writer_;
  Time last_received_{};
  Time last_sent_{};
  uint8_t paused_ = 0;  // of Reason
};

}  // namespace starling::peer
