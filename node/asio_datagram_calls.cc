#include "node/asio_datagram_calls.h"

#include <cerrno>

namespace starling {
namespace {

// Calls `one` for each message until one fails.
template <class One>
int OneByOne(std::span<mmsghdr> messages, One one) {
  int done = 0;
  for (mmsghdr& message : messages) {
    const ssize_t size = one(message.msg_hdr);
    if (size < 0) return done > 0 ? done : -1;
    message.msg_len = static_cast<unsigned>(size);
    ++done;
  }
  return done;
}

bool IsMissing(int error) { return error == ENOSYS || error == EPERM; }

}  // namespace

int DatagramCalls::Receive(int descriptor, std::span<mmsghdr> messages) {
  if (in_batches_) {
    const int count = ::recvmmsg(descriptor, messages.data(),
                                 static_cast<unsigned>(messages.size()), MSG_DONTWAIT, nullptr);
    if (count >= 0 || !IsMissing(errno)) return count;
    in_batches_ = errno != ENOSYS;
  }
  return OneByOne(messages, [descriptor](msghdr& message) {
    return ::recvmsg(descriptor, &message, MSG_DONTWAIT);
  });
}

int DatagramCalls::Send(int descriptor, std::span<mmsghdr> messages) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (in_batches_) {
    const int count =
        ::sendmmsg(descriptor, messages.data(), static_cast<unsigned>(messages.size()), kFlags);
    // EPERM is also what a packet filter says of one datagram, which then fails alone as well.
    if (count >= 0 || !IsMissing(errno)) return count;
    in_batches_ = errno != ENOSYS;
  }
  return OneByOne(
      messages, [descriptor](msghdr& message) { return ::sendmsg(descriptor, &message, kFlags); });
}

}  // namespace starling
