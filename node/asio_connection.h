// The inside of a TCP stream. It is counted, because events of the loop may be due when the owner
// has destroyed the stream; then nobody is called any more.
//
// States: connecting, open, over. While open, at most one wait for reading and one for writing are
// pending. Every call to the handler comes from the loop, never from inside a command.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "base/buffer.h"
#include "base/deadlines.h"
#include "base/seams.h"
#include "node/asio_loop.h"
#include "node/asio_stream.h"
#include "node/asio_watch.h"

namespace starling {

class AsioConnection final : public std::enable_shared_from_this<AsioConnection>,
                             public WatchHandler,
                             public TurnHandler,
                             private DeadlineHandler {
 public:
  AsioConnection(AsioLoop& loop, ReceiveBuffers& buffers, const Endpoint& remote);

  // One of the three begins it.
  void Connect(Time deadline, Socket socket);
  void Open(Socket socket);
  void Fail(absl::Status why);  // reported later

  void SetHandler(StreamHandler* handler) { handler_ = handler; }
  void Send(Slice bytes);
  void SetReading(bool on);
  // The owner is gone: what is queued may leave if it can do so now.
  void Abandon();

  size_t unsent() const { return unsent_; }
  const Endpoint& remote() const { return remote_; }

 private:
  enum class State { kNew, kConnecting, kOpen, kOver };

  void OnReadable(Time now) override;
  void OnWritable(Time now) override;
  void OnTurnEnd(Time now) override;
  void OnDeadline(Time now) override;

  void OnConnected(Time now);
  void WaitForEvents();
  ssize_t ReadOnce();
  void AdaptToRead(size_t asked, size_t got);
  void Write(Time now);
  int WriteOnce();
  void RemoveSent(size_t sent);
  void Finish(Time now, absl::Status why);
  void ScheduleTurnEnd();

  AsioLoop& loop_;
  ReceiveBuffers& buffers_;
  const Endpoint remote_;
  AsioWatch watch_;
  StreamHandler* handler_ = nullptr;
  State state_ = State::kNew;
  bool reading_ = true;
  bool fast_ = false;  // its last read filled what it was given
  bool scheduled_ = false;
  bool write_blocked_ = false;
  absl::Status failure_;

  Buffer inbox_;
  size_t inbox_filled_ = 0;
  std::vector<Slice> outbox_;  // from outbox_head_ on
  size_t outbox_head_ = 0;
  size_t unsent_ = 0;
  Deadline connect_deadline_;
};

}  // namespace starling
