// An accepted stream until its handshake is read: only then is it known whose it is. The Client
// keeps a bounded set of them, each with a deadline of its own, so that strangers who say nothing
// cost little and not for long.
//
//   class Client : IncomingHandler {
//     void OnHandshake(now, Incoming& in) {
//       torrent->Accept(now, in.TakeStream(), in.handshake(), in.TakeRest());  // if it is known
//       Erase(in);
//     }
//     void OnDropped(now, Incoming& in) { Erase(in); }
//   };
//
// The handler may destroy the Incoming inside either call; it hears nothing more after the first.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/deadlines.h"
#include "base/seams.h"
#include "peer/handshake.h"

namespace starling::peer {

class Incoming;

class IncomingHandler {
 public:
  virtual ~IncomingHandler() = default;
  // The handshake is read: take the stream, or destroy the Incoming.
  virtual void OnHandshake(Time now, Incoming& incoming) = 0;
  // It closed, said something else, or took too long.
  virtual void OnDropped(Time now, Incoming& incoming) = 0;
};

class Incoming final : public StreamHandler, public DeadlineHandler {
 public:
  static constexpr Duration kTimeout = seconds(15);

  Incoming(Time now, std::unique_ptr<Stream> stream, Deadlines& deadlines,
           IncomingHandler& handler);
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  // After OnHandshake, each once.
  const Handshake& handshake() const { return handshake_; }
  std::unique_ptr<Stream> TakeStream();
  Slice TakeRest() { return std::move(rest_); }  // what followed the handshake
  const Endpoint& remote() const { return remote_; }

  void OnOpen(Time) override {}
  void OnData(Time now, Slice bytes) override;
  void OnSent(Time) override {}
  void OnClosed(Time now, absl::Status why) override;
  void OnDeadline(Time now) override;

 private:
  void Drop(Time now);

  std::unique_ptr<Stream> stream_;
  IncomingHandler& handler_;
  Endpoint remote_;
  Handshake handshake_;
  Slice rest_;
  std::string bytes_;  // of the handshake, while it is incomplete
  Deadline deadline_;
};

}  // namespace starling::peer
