// Many datagrams in one system call, and in as many calls where the system has no such thing (some
// sandboxes refuse recvmmsg and sendmmsg). All without waiting; errors in errno, as the calls
// themselves have them.
#pragma once

#include <sys/socket.h>

#include <span>

namespace starling {

class DatagramCalls {
 public:
  // `in_batches`: false as if the system could not.
  explicit DatagramCalls(bool in_batches = true) : in_batches_(in_batches) {}

  // How many came, or -1 if the first could not be received.
  int Receive(int descriptor, std::span<mmsghdr> messages);
  // How many left, or -1 if the first could not be sent.
  int Send(int descriptor, std::span<mmsghdr> messages);

 private:
  bool in_batches_;
};

}  // namespace starling
