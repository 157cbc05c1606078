#include "node/asio_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "node/asio_error.h"

namespace starling {
namespace {

// So many reads or writes in a row; then others have their turn.
constexpr int kReadsPerEventMax = 4;
constexpr int kWritesPerTurnMax = 4;
// Slices gathered by one write: 64 blocks of 16 KiB with their headers.
constexpr size_t kGatherMax = 128;
// A smaller free tail of a receive buffer is not worth a system call.
constexpr size_t kTailMin = 4096;

}  // namespace

AsioConnection::AsioConnection(AsioLoop& loop, ReceiveBuffers& buffers, const Endpoint& remote)
    : loop_(loop), buffers_(buffers), remote_(remote), connect_deadline_(loop.deadlines(), *this) {}

void AsioConnection::Connect(Time deadline, Socket socket) {
  state_ = State::kConnecting;
  watch_ = AsioWatch(loop_, std::move(socket));
  watch_.WaitWritable(shared_from_this());
  connect_deadline_.Set(deadline);
}

void AsioConnection::Open(Socket socket) {
  state_ = State::kOpen;
  watch_ = AsioWatch(loop_, std::move(socket));
  ScheduleTurnEnd();
}

void AsioConnection::Fail(absl::Status why) {
  failure_ = std::move(why);
  ScheduleTurnEnd();
}

void AsioConnection::Send(Slice bytes) {
  if (bytes.empty() || state_ == State::kOver || !failure_.ok()) return;
  unsent_ += bytes.size();
  outbox_.push_back(std::move(bytes));
  if (state_ == State::kOpen && !write_blocked_) ScheduleTurnEnd();
}

void AsioConnection::SetReading(bool on) {
  if (on == reading_) return;
  reading_ = on;
  if (on && state_ == State::kOpen) watch_.WaitReadable(shared_from_this());
}

void AsioConnection::Abandon() {
  handler_ = nullptr;
  if (state_ == State::kOpen && unsent_ > 0 && !write_blocked_ && failure_.ok()) (void)WriteOnce();
  state_ = State::kOver;
  watch_.Close();
  connect_deadline_.Set(kNever);
  outbox_.clear();
  inbox_ = Buffer();
}

void AsioConnection::ScheduleTurnEnd() {
  if (scheduled_) return;
  scheduled_ = true;
  loop_.AtTurnEnd(shared_from_this());
}

void AsioConnection::OnTurnEnd(Time now) {
  scheduled_ = false;
  if (state_ == State::kOver) return;
  if (state_ != State::kOpen) {  // it never opened
    if (!failure_.ok()) Finish(now, failure_);
    return;
  }
  Write(now);
  if (state_ == State::kOpen && reading_) watch_.WaitReadable(shared_from_this());
}

void AsioConnection::OnDeadline(Time now) {
  Finish(now, absl::DeadlineExceededError(
                  absl::StrCat("connecting to ", remote_.ToString(), " took too long")));
}

void AsioConnection::OnConnected(Time now) {
  connect_deadline_.Set(kNever);
  if (const int error = PendingError(watch_.descriptor()); error != 0) {
    Finish(now, StatusOfErrno(error, absl::StrCat("cannot connect to ", remote_.ToString())));
    return;
  }
  // A dialled port of this machine that is free can be drawn as our own: TCP then talks to itself.
  if (LocalEndpoint(watch_.descriptor()) == remote_) {
    Finish(now, absl::UnavailableError(absl::StrCat(remote_.ToString(), " is ourselves")));
    return;
  }
  state_ = State::kOpen;
  ScheduleTurnEnd();
  if (handler_ != nullptr) handler_->OnOpen(now);
}

void AsioConnection::OnReadable(Time now) {
  const std::shared_ptr<AsioConnection> alive = shared_from_this();
  for (int i = 0; i < kReadsPerEventMax && state_ == State::kOpen && reading_; ++i) {
    if (!inbox_) {
      inbox_ = fast_ ? buffers_.large.Take() : buffers_.small.Take();
      inbox_filled_ = 0;
    } else if (inbox_.unique()) {
      inbox_filled_ = 0;  // what was held of it has been let go
    }
    const size_t asked = inbox_.capacity() - inbox_filled_;
    const ssize_t got = ReadOnce();
    if (got < 0 && IsWouldBlock(errno)) break;
    if (got < 0) {
      Finish(now, StatusOfErrno(errno, absl::StrCat("connection to ", remote_.ToString())));
      return;
    }
    if (got == 0) {
      Finish(now, failure_);  // ok unless a write failed before
      return;
    }
    const Slice bytes = inbox_.Sub(inbox_filled_, static_cast<size_t>(got));
    inbox_filled_ += static_cast<size_t>(got);
    AdaptToRead(asked, static_cast<size_t>(got));
    if (handler_ != nullptr) handler_->OnData(now, bytes);
    if (static_cast<size_t>(got) < asked) break;  // drained
  }
  // Nobody kept anything: the memory goes back, warm, to whoever reads next.
  if (inbox_.unique()) inbox_ = Buffer();
  if (state_ == State::kOpen && reading_) watch_.WaitReadable(alive);
}

ssize_t AsioConnection::ReadOnce() {
  return ::recv(watch_.descriptor(), inbox_.data() + inbox_filled_,
                inbox_.capacity() - inbox_filled_, MSG_DONTWAIT);
}

void AsioConnection::AdaptToRead(size_t asked, size_t got) {
  if (got == asked || got >= ReceiveBuffers::kSmallSize) {
    fast_ = true;
  } else if (got < ReceiveBuffers::kSmallSize / 4) {
    fast_ = false;
  }
  const bool is_too_large = !fast_ && inbox_.capacity() > ReceiveBuffers::kSmallSize;
  if (is_too_large || inbox_.capacity() - inbox_filled_ < kTailMin) inbox_ = Buffer();
}

void AsioConnection::OnWritable(Time now) {
  if (state_ == State::kConnecting) {
    OnConnected(now);
  } else if (state_ == State::kOpen) {
    write_blocked_ = false;
    Write(now);
  }
}

void AsioConnection::Write(Time now) {
  const size_t unsent_before = unsent_;
  for (int i = 0; i < kWritesPerTurnMax && unsent_ > 0 && !write_blocked_; ++i) {
    const int error = WriteOnce();
    if (error == 0) continue;
    if (IsWouldBlock(error)) {
      write_blocked_ = true;
      watch_.WaitWritable(shared_from_this());
      break;
    }
    // What the peer sent before it left is still there to be read; the read then ends it.
    failure_ = StatusOfErrno(error, absl::StrCat("connection to ", remote_.ToString()));
    outbox_.clear();
    outbox_head_ = 0;
    unsent_ = 0;
    if (!reading_) Finish(now, failure_);
    return;
  }
  if (unsent_ > 0 && !write_blocked_) ScheduleTurnEnd();
  if (unsent_before >= Stream::kUnsentLow && unsent_ < Stream::kUnsentLow && handler_ != nullptr) {
    handler_->OnSent(now);
  }
}

int AsioConnection::WriteOnce() {
  std::array<iovec, kGatherMax> parts;
  size_t parts_count = 0;
  for (size_t i = outbox_head_; i < outbox_.size() && parts_count < kGatherMax; ++i) {
    parts[parts_count++] = {const_cast<std::byte*>(outbox_[i].data()), outbox_[i].size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts_count;
  const ssize_t sent = ::sendmsg(watch_.descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno;
  RemoveSent(static_cast<size_t>(sent));
  return 0;
}

void AsioConnection::RemoveSent(size_t sent) {
  CHECK(sent <= unsent_);
  unsent_ -= sent;
  while (sent > 0) {
    Slice& front = outbox_[outbox_head_];
    if (sent < front.size()) {
      front = front.From(sent);
      break;
    }
    sent -= front.size();
    front = Slice();
    ++outbox_head_;
  }
  // The dead head is dropped when it is at least half of the whole: constant work a slice.
  if (outbox_head_ * 2 >= outbox_.size()) {
    outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<ptrdiff_t>(outbox_head_));
    outbox_head_ = 0;
  }
}

void AsioConnection::Finish(Time now, absl::Status why) {
  if (state_ == State::kOver) return;
  state_ = State::kOver;
  watch_.Close();
  connect_deadline_.Set(kNever);
  outbox_.clear();
  outbox_head_ = 0;
  unsent_ = 0;
  inbox_ = Buffer();
  StreamHandler* const handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->OnClosed(now, std::move(why));
}

}  // namespace starling
