// What does not fit through a path in one piece: a network namespace of our own, whose loopback
// takes 600 bytes at a time.
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/asio_datagram.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

constexpr int kPathSize = 600;
constexpr int kNotPermitted = 77;

// What the child says of itself ends in the output of the test.
int Failed(const std::string& what) {
  fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  return 1;
}

int MakePathSmall() {
  const Socket any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_mtu = kPathSize;
  if (::ioctl(any.descriptor(), SIOCSIFMTU, &request) != 0) return Failed("cannot set the size");
  request.ifr_flags = IFF_UP;
  if (::ioctl(any.descriptor(), SIOCSIFFLAGS, &request) != 0) return Failed("cannot bring it up");
  return 0;
}

struct Port {
  explicit Port(AsioLoop& loop) {
    std::vector<Socket> sockets;
    sockets.push_back(BindUdp(Loopback()).value());
    descriptor = sockets[0].descriptor();
    local = LocalEndpoint(descriptor);
    port = std::make_unique<AsioDatagramPort>(loop, std::move(sockets));
  }
  bool forbids_fragments() const {
    int value = -1;
    socklen_t size = sizeof(value);
    ::getsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &value, &size);
    return value == IP_PMTUDISC_DO;
  }

  int descriptor = -1;
  Endpoint local;
  std::unique_ptr<AsioDatagramPort> port;
};

int CarryLargeAndSmall() {
  const std::vector<size_t> sizes = {100, 1200, 200, 1100, 300};
  RealParts parts;
  Port sender(parts.loop), receiver(parts.loop);
  std::vector<size_t> arrived;
  receiver.port->Start(
      [&](Time, const Endpoint&, ByteView bytes) { arrived.push_back(bytes.size()); });
  for (const size_t size : sizes) {
    sender.port->Send(parts.loop.now(), receiver.local, [size](ByteSpan space) {
      std::memset(space.data(), 'x', size);
      return size;
    });
  }
  parts.Until([&] { return arrived.size() == sizes.size(); });
  errno = 0;
  if (arrived != sizes) return Failed(std::to_string(arrived.size()) + " arrived");
  if (sender.port->dropped() != 0) return Failed("some were dropped");
  if (!sender.forbids_fragments()) return Failed("fragments are still allowed");
  return 0;
}

// Only a process of one thread may enter a user namespace, which all but root need for the other.
int InANetworkOfItsOwn() {
  const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
  if (::unshare(CLONE_NEWNET | user) != 0) return kNotPermitted;
  const int failed = MakePathSmall();
  return failed != 0 ? failed : CarryLargeAndSmall();
}

TEST(SmallPath, WhatIsTooLargeGoesInFragmentsAndTheRestOfTheBatchWithIt) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(InANetworkOfItsOwn());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPermitted) GTEST_SKIP() << "no network namespace is permitted";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace starling::testing_support
