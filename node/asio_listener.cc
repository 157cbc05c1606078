#include "node/asio_listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/deadlines.h"
#include "node/asio_error.h"
#include "node/asio_watch.h"

namespace starling {
namespace {

// A flood of connections must not keep others from their turn.
constexpr int kAcceptsPerEventMax = 32;

}  // namespace

class AsioListener::State final : public std::enable_shared_from_this<State>,
                                  public WatchHandler,
                                  private DeadlineHandler {
 public:
  State(AsioLoop& loop, ReceiveBuffers& buffers, Socket socket, Accept accept)
      : loop_(loop),
        buffers_(buffers),
        accept_(std::move(accept)),
        pause_(loop.deadlines(), *this),
        watch_(loop, std::move(socket)) {}

  void Wait() { watch_.WaitReadable(shared_from_this()); }
  void Close() {
    watch_.Close();
    pause_.Set(kNever);
  }

 private:
  void OnReadable(Time now) override {
    const std::shared_ptr<State> alive = shared_from_this();
    for (int i = 0; i < kAcceptsPerEventMax && watch_.is_open(); ++i) {
      SocketAddress from;
      Socket socket(
          ::accept4(watch_.descriptor(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.is_open()) {
        accept_(now, AcceptedStream(loop_, buffers_, std::move(socket), from.endpoint()));
      } else if (IsShortage(errno)) {
        pause_.Set(After(now, kAcceptPause));
        return;
      } else if (IsWouldBlock(errno)) {
        break;
      }
      // Anything else concerns one connection that died before it was accepted.
    }
    if (watch_.is_open()) Wait();
  }
  void OnWritable(Time) override {}
  void OnDeadline(Time) override { Wait(); }

  AsioLoop& loop_;
  ReceiveBuffers& buffers_;
  Accept accept_;
  Deadline pause_;
  AsioWatch watch_;
};

AsioListener::AsioListener(AsioLoop& loop, ReceiveBuffers& buffers, Socket socket, Accept accept)
    : state_(std::make_shared<State>(loop, buffers, std::move(socket), std::move(accept))) {
  state_->Wait();
}

AsioListener::~AsioListener() { state_->Close(); }

}  // namespace starling
