#include "node/asio_watch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

namespace starling {

struct AsioWatch::State {
  State(AsioLoop& loop, int socket) : loop(loop), descriptor(loop.io(), socket) {}

  AsioLoop& loop;
  boost::asio::posix::stream_descriptor descriptor;
  bool read_due = false;
  bool write_due = false;
};

AsioWatch::AsioWatch() = default;
AsioWatch::AsioWatch(AsioLoop& loop, Socket socket) : descriptor_(socket.descriptor()) {
  state_ = std::make_shared<State>(loop, descriptor_);
  socket.Release();
}
AsioWatch::~AsioWatch() { Close(); }
AsioWatch::AsioWatch(AsioWatch&& other) noexcept
    : state_(std::move(other.state_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
AsioWatch& AsioWatch::operator=(AsioWatch&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void AsioWatch::WaitReadable(std::shared_ptr<WatchHandler> handler) {
  if (state_ == nullptr || state_->read_due) return;
  state_->read_due = true;
  state_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [state = state_, handler = std::move(handler)](const boost::system::error_code&) {
        state->read_due = false;
        if (state->descriptor.is_open()) handler->OnReadable(state->loop.now());
      });
}

void AsioWatch::WaitWritable(std::shared_ptr<WatchHandler> handler) {
  if (state_ == nullptr || state_->write_due) return;
  state_->write_due = true;
  state_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_write,
      [state = state_, handler = std::move(handler)](const boost::system::error_code&) {
        state->write_due = false;
        if (state->descriptor.is_open()) handler->OnWritable(state->loop.now());
      });
}

void AsioWatch::Close() {
  if (state_ == nullptr) return;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
  state_ = nullptr;
  descriptor_ = -1;
}

}  // namespace starling
