// Streams that somebody listens in on, or meddles with: what passes in either direction is shown
// to a StreamTap first. Nothing else changes - no event is added, none comes later - so a tap that
// only listens leaves a run as it is.
#pragma once

#include <functional>
#include <memory>

#include "base/seams.h"

namespace starling::sim {

// One object a stream, destroyed with it.
class StreamTap {
 public:
  virtual ~StreamTap() = default;
  virtual void OnOpen(Time now) { (void)now; }
  virtual void OnReceived(Time now, const Slice& bytes) { (void)now, (void)bytes; }
  // What is sent in place of `bytes`; empty: nothing.
  virtual Slice OnSend(Time now, Slice bytes) {
    (void)now;
    return bytes;
  }
  virtual void OnClosed(Time now, const absl::Status& why) { (void)now, (void)why; }
};

std::unique_ptr<Stream> TapStream(std::unique_ptr<Stream> stream, std::unique_ptr<StreamTap> tap);

class TappedDialer final : public Dialer {
 public:
  using MakeTap = std::function<std::unique_ptr<StreamTap>(const Endpoint& to)>;
  TappedDialer(Dialer& dialer, MakeTap make_tap)
      : dialer_(dialer), make_tap_(std::move(make_tap)) {}
  std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) override {
    return TapStream(dialer_.Dial(now, to), make_tap_(to));
  }

 private:
  Dialer& dialer_;
  MakeTap make_tap_;
};

}  // namespace starling::sim
