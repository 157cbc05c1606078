// Batches of datagrams, and the same one by one where the system has no batches.

#include "node/asio_datagram_calls.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <string>

#include "node/asio_socket.h"

namespace starling {
namespace {

class DatagramCallsTest : public testing::TestWithParam<bool> {
 protected:
  static constexpr size_t kCount = 5;
  struct Messages {
    Messages() {
      for (size_t i = 0; i < kCount; ++i) {
        parts[i] = {bytes[i].data(), bytes[i].size()};
        heads[i].msg_hdr.msg_iov = &parts[i];
        heads[i].msg_hdr.msg_iovlen = 1;
      }
    }
    std::array<std::array<char, 16>, kCount> bytes{};
    std::array<iovec, kCount> parts;
    std::array<mmsghdr, kCount> heads{};
  };

  Socket Bind() { return BindUdp(Endpoint::V4(0x7f000001, 0)).value(); }

  DatagramCalls calls_{GetParam()};
  Socket sender_ = Bind();
  Socket receiver_ = Bind();
};

TEST_P(DatagramCallsTest, CarriesSeveralAndSaysHowManyThereWere) {
  SocketAddress to(LocalEndpoint(receiver_.descriptor()));
  Messages out;
  for (size_t i = 0; i < 3; ++i) {
    out.bytes[i].fill(static_cast<char>('a' + i));
    out.parts[i].iov_len = i + 1;
    out.heads[i].msg_hdr.msg_name = to.get();
    out.heads[i].msg_hdr.msg_namelen = to.size;
  }
  ASSERT_EQ(calls_.Send(sender_.descriptor(), std::span(out.heads).first(3)), 3);
  pollfd readable{receiver_.descriptor(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
  Messages in;
  ASSERT_EQ(calls_.Receive(receiver_.descriptor(), in.heads), 3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(std::string(in.bytes[i].data(), in.heads[i].msg_len),
              std::string(i + 1, static_cast<char>('a' + i)));
  }
}

TEST_P(DatagramCallsTest, NeverWaits) {
  Messages in;
  EXPECT_EQ(calls_.Receive(receiver_.descriptor(), in.heads), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_P(DatagramCallsTest, SaysWhyTheFirstCouldNotBeSent) {
  SocketAddress nowhere(Endpoint::V4(0x7f000001, 9));
  nowhere.storage.ss_family = AF_UNIX;
  Messages out;
  for (mmsghdr& head : out.heads) {
    head.msg_hdr.msg_name = nowhere.get();
    head.msg_hdr.msg_namelen = nowhere.size;
  }
  EXPECT_EQ(calls_.Send(sender_.descriptor(), out.heads), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
}

INSTANTIATE_TEST_SUITE_P(InBatchesAndOneByOne, DatagramCallsTest, testing::Bool());

}  // namespace
}  // namespace starling
