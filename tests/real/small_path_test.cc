// What does not fit through a path in one piece: a network namespace of our own, whose loopback
// takes 600 bytes at a time.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "node/asio_datagram.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

constexpr int kPathSize = 600;

// Moves this thread into an empty network; what went wrong, or nothing.
std::string EnterNetworkOfSmallPackets() {
  if (::unshare(CLONE_NEWNET) != 0) return std::string("unshare: ") + std::strerror(errno);
  const Socket any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_mtu = kPathSize;
  if (::ioctl(any.descriptor(), SIOCSIFMTU, &request) != 0) return "cannot set the size";
  request.ifr_flags = IFF_UP;
  if (::ioctl(any.descriptor(), SIOCSIFFLAGS, &request) != 0) return "cannot bring it up";
  return "";
}

std::unique_ptr<AsioDatagramPort> OpenPort(AsioLoop& loop, Endpoint* local) {
  std::vector<Socket> sockets;
  sockets.push_back(BindUdp(Loopback()).value());
  *local = LocalEndpoint(sockets[0].descriptor());
  return std::make_unique<AsioDatagramPort>(loop, std::move(sockets));
}

// The sizes that arrive of datagrams of `sizes`.
std::vector<size_t> Carry(const std::vector<size_t>& sizes) {
  RealParts parts;
  Endpoint from, to;
  const auto sender = OpenPort(parts.loop, &from);
  const auto receiver = OpenPort(parts.loop, &to);
  std::vector<size_t> arrived;
  receiver->Start([&](Time, const Endpoint&, ByteView bytes) { arrived.push_back(bytes.size()); });
  for (const size_t size : sizes) {
    sender->Send(parts.loop.now(), to, [size](ByteSpan space) {
      std::memset(space.data(), 'x', size);
      return size;
    });
  }
  parts.Until([&] { return arrived.size() == sizes.size(); });
  EXPECT_EQ(sender->dropped(), 0u);
  return arrived;
}

TEST(SmallPath, WhatIsTooLargeGoesInFragmentsAndTheRestOfTheBatchWithIt) {
  const std::vector<size_t> sizes = {100, 1200, 200, 1100, 300};
  std::string problem;
  std::vector<size_t> arrived;
  // Only this thread leaves the network that the other tests use.
  std::thread([&] {
    problem = EnterNetworkOfSmallPackets();
    if (problem.empty()) arrived = Carry(sizes);
  }).join();
  if (!problem.empty()) GTEST_SKIP() << "no network namespace here: " << problem;
  EXPECT_EQ(arrived, sizes);
}

}  // namespace
}  // namespace starling::testing_support
