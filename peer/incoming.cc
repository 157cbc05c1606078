#include "peer/incoming.h"

#include <algorithm>
#include <utility>

namespace starling::peer {

Incoming::Incoming(Time now, std::unique_ptr<Stream> stream, Deadlines& deadlines,
                   IncomingHandler& handler)
    : stream_(std::move(stream)),
      handler_(handler),
      remote_(stream_->remote()),
      deadline_(deadlines, *this) {
  stream_->SetHandler(*this);
  deadline_.Set(now + kTimeout);
}

std::unique_ptr<Stream> Incoming::TakeStream() {
  deadline_.Set(kNever);
  return std::move(stream_);
}

void Incoming::OnData(Time now, Slice bytes) {
  if (stream_ == nullptr) return;
  const size_t taken = std::min(kHandshakeSize - bytes_.size(), bytes.size());
  bytes_.append(bytes.text().data(), taken);
  if (bytes_.size() < kHandshakeSize) {
    if (IsNoHandshake(AsBytes(bytes_))) Drop(now);
    return;
  }
  const std::optional<Handshake> handshake = ParseHandshake(AsBytes(bytes_));
  if (!handshake.has_value()) {
    Drop(now);
    return;
  }
  deadline_.Set(kNever);
  handshake_ = *handshake;
  rest_ = bytes.From(taken);
  handler_.OnHandshake(now, *this);
}

void Incoming::OnClosed(Time now, absl::Status) { Drop(now); }

void Incoming::OnDeadline(Time now) { Drop(now); }

void Incoming::Drop(Time now) {
  deadline_.Set(kNever);
  stream_.reset();
  handler_.OnDropped(now, *this);
}

}  // namespace starling::peer
