// One UDP socket that speaks for all of 127.0.0.0/8: the kernel lets each datagram name the local
// address that it leaves from and tells which one it came to. Batches in both directions.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/endpoint.h"

namespace starling::bench {

class ManyAddressSocket {
 public:
  static constexpr size_t kBatch = 64;
  static constexpr size_t kSizeMax = 1600;

  explicit ManyAddressSocket(const Endpoint& server) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const int size = 16 << 20;
    ::setsockopt(socket_, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&any), sizeof(any)) != 0) {
      std::perror("cannot open a socket");
      std::exit(1);
    }
    server_.sin_family = AF_INET;
    server_.sin_addr.s_addr = htonl(server.v4());
    server_.sin_port = htons(server.port);
    for (size_t i = 0; i < kBatch; ++i) {
      PrepareOut(i);
      PrepareIn(i);
    }
  }
  ~ManyAddressSocket() { ::close(socket_); }
  ManyAddressSocket(const ManyAddressSocket&) = delete;
  ManyAddressSocket& operator=(const ManyAddressSocket&) = delete;

  bool is_full() const { return queued_ == kBatch; }
  // Where the next datagram to the server is written; Queue() takes it.
  ByteSpan space() { return out_[queued_].bytes; }
  void Queue(uint32_t from, size_t size) {
    Slot& slot = out_[queued_];
    slot.part.iov_len = size;
    SetInfo(slot, from);
    if (++queued_ == kBatch) Flush();
  }
  void Flush() {
    for (size_t done = 0; done < queued_;) {
      const int sent =
          ::sendmmsg(socket_, out_heads_.data() + done, static_cast<unsigned>(queued_ - done), 0);
      if (sent > 0) {
        done += static_cast<size_t>(sent);
      } else if (errno != EINTR) {
        pollfd writable{socket_, POLLOUT, 0};
        ::poll(&writable, 1, 10);
      }
    }
    queued_ = 0;
  }

  // Calls `take(local address, bytes)` for what is there; returns how many.
  template <class Take>
  size_t Receive(Take take) {
    for (size_t i = 0; i < kBatch; ++i) {
      in_heads_[i].msg_hdr.msg_controllen = sizeof(in_[i].control);
    }
    const int count = ::recvmmsg(socket_, in_heads_.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
      Slot& slot = in_[static_cast<size_t>(i)];
      in_pktinfo info{};
      std::memcpy(&info, slot.control.data() + CMSG_LEN(0), sizeof(info));
      take(ntohl(info.ipi_addr.s_addr),
           ByteView(slot.bytes).first(in_heads_[static_cast<size_t>(i)].msg_len));
    }
    return count > 0 ? static_cast<size_t>(count) : 0;
  }
  void WaitReadable(int milliseconds) {
    pollfd readable{socket_, POLLIN, 0};
    ::poll(&readable, 1, milliseconds);
  }

 private:
  struct Slot {
    iovec part{};
    alignas(8) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    std::array<std::byte, kSizeMax> bytes;
  };

  void PrepareOut(size_t i) {
    msghdr& head = out_heads_[i].msg_hdr;
    out_[i].part.iov_base = out_[i].bytes.data();
    head.msg_name = &server_;
    head.msg_namelen = sizeof(server_);
    head.msg_iov = &out_[i].part;
    head.msg_iovlen = 1;
    head.msg_control = out_[i].control.data();
    head.msg_controllen = out_[i].control.size();
    cmsghdr* const control = CMSG_FIRSTHDR(&head);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  }
  void PrepareIn(size_t i) {
    msghdr& head = in_heads_[i].msg_hdr;
    in_[i].part = {in_[i].bytes.data(), in_[i].bytes.size()};
    head.msg_iov = &in_[i].part;
    head.msg_iovlen = 1;
    head.msg_control = in_[i].control.data();
  }
  static void SetInfo(Slot& slot, uint32_t from) {
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(from);
    std::memcpy(slot.control.data() + CMSG_LEN(0), &info, sizeof(info));
  }

  int socket_;
  sockaddr_in server_{};
  size_t queued_ = 0;
  std::array<Slot, kBatch> out_;
  std::array<Slot, kBatch> in_;
  std::array<mmsghdr, kBatch> out_heads_{};
  std::array<mmsghdr, kBatch> in_heads_{};
};

}  // namespace starling::bench
