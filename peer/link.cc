#include "peer/link.h"

namespace starling::peer {

void Link::Adopt(Time now, std::unique_ptr<Stream> stream, StreamHandler& handler) {
  stream_ = std::move(stream);
  stream_->SetHandler(handler);
  last_received_ = now;
  last_sent_ = now;
}

void Link::Flush(Time now) {
  if (writer_.empty() || stream_ == nullptr) return;
  last_sent_ = now;
  writer_.Flush(now, *stream_);
}

void Link::PauseReading(Time now, Reason reason) {
  if (paused_ == 0 && stream_ != nullptr) stream_->SetReading(now, false);
  paused_ |= reason;
}

void Link::ResumeReading(Time now, Reason reason) {
  if ((paused_ & reason) == 0) return;
  paused_ &= static_cast<uint8_t>(~reason);
  if (paused_ != 0 || stream_ == nullptr) return;
  // The peer was not silent, we were deaf.
  last_received_ = now;
  stream_->SetReading(now, true);
}

}  // namespace starling::peer
