// Listening, accepting, and which address a datagram or connection leaves from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "node/asio_datagram.h"
#include "node/asio_error.h"
#include "node/asio_listener.h"
#include "node/real_listen.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

using testing::HasSubstr;

Endpoint At(const std::string& address, uint16_t port = 0) {
  return *Endpoint::ParseAddress(address, port);
}

TEST(Listening, TakesTheSameNumberForBothProtocols) {
  const std::vector<Endpoint> wanted = {At("127.0.0.1"), At("127.0.0.2")};
  const auto sockets = OpenListenSockets(wanted);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  ASSERT_EQ(sockets->size(), 2u);
  EXPECT_NE((*sockets)[0].local.port, 0);
  EXPECT_EQ((*sockets)[0].local.port, (*sockets)[1].local.port);
  for (const ListenSockets& each : *sockets) {
    EXPECT_EQ(LocalEndpoint(each.tcp.descriptor()), each.local);
    EXPECT_EQ(LocalEndpoint(each.udp.descriptor()), each.local);
  }
}

TEST(Listening, SaysWhichPortIsTakenAndForWhat) {
  const Socket tcp = ListenTcp(At("127.0.0.1")).value();
  const Endpoint taken = LocalEndpoint(tcp.descriptor());
  const absl::Status for_tcp = OpenListenSockets(std::vector<Endpoint>{taken}).status();
  EXPECT_EQ(for_tcp.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(for_tcp.message(),
            "port " + std::to_string(taken.port) + " is taken (TCP on 127.0.0.1)");

  const Socket udp = BindUdp(At("127.0.0.1")).value();
  const absl::Status for_udp =
      OpenListenSockets(std::vector<Endpoint>{LocalEndpoint(udp.descriptor())}).status();
  EXPECT_EQ(for_udp.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(for_udp.message()), HasSubstr("(UDP on 127.0.0.1)"));
}

TEST(Listening, SaysThatAnAddressIsNotOurs) {
  const absl::Status status =
      OpenListenSockets(std::vector<Endpoint>{At("203.0.113.1", 6881)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("203.0.113.1:6881"));
}

TEST(Listening, FindsTheNextFreePortOnAllAddresses) {
  const auto first = OpenListenSockets({});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenListenSockets({});
  ASSERT_TRUE(second.ok()) << second.status();
  for (const auto* sockets : {&*first, &*second}) {
    for (const ListenSockets& each : *sockets) {
      EXPECT_TRUE(each.local.is_unspecified());
      EXPECT_EQ(each.local.port, sockets->front().local.port);
    }
  }
  EXPECT_GE(first->front().local.port, kListenPortFirst);
  EXPECT_GT(second->front().local.port, first->front().local.port);
  EXPECT_EQ(first->size(), BindUdp(Endpoint::AnyV6(0)).ok() ? 2u : 1u);
}

TEST(ChooseLocal, TakesTheFirstThatCanReachTheTarget) {
  const std::vector<Endpoint> some = {At("127.0.0.5", 1), At("192.0.2.2", 2), At("::1", 3)};
  EXPECT_EQ(ChooseLocal(some, At("127.0.0.9", 9)), &some[0]);
  EXPECT_EQ(ChooseLocal(some, At("8.8.8.8", 9)), &some[1]);
  EXPECT_EQ(ChooseLocal(some, At("::1", 9)), &some[2]);
  EXPECT_EQ(ChooseLocal(some, At("2001:db8::1", 9)), nullptr);
  const std::vector<Endpoint> all = {Endpoint::AnyV4(1), Endpoint::AnyV6(1)};
  EXPECT_EQ(ChooseLocal(all, At("127.0.0.9", 9)), &all[0]);
  EXPECT_EQ(ChooseLocal(all, At("2001:db8::1", 9)), &all[1]);
}

class SocketTest : public testing::Test {
 protected:
  struct Port {
    std::unique_ptr<AsioDatagramPort> port;
    Endpoint local;
    std::vector<Endpoint> senders;
  };
  void OpenPort(Port* port, const Endpoint& local) {
    std::vector<Socket> sockets;
    sockets.push_back(BindUdp(local).value());
    port->local = LocalEndpoint(sockets[0].descriptor());
    port->port = std::make_unique<AsioDatagramPort>(parts.loop, std::move(sockets));
  }
  void SendByte(DatagramPort& port, const Endpoint& to) {
    port.Send(parts.loop.now(), to, [](ByteSpan space) {
      space[0] = std::byte{'x'};
      return size_t{1};
    });
  }

  RealParts parts;
};

TEST_F(SocketTest, AnswersLeaveFromTheAddressThatTheQueryCameTo) {
  struct Case {
    Endpoint any, to, from;
  };
  std::vector<Case> cases = {{Endpoint::AnyV4(0), At("127.0.0.77"), At("127.0.0.1")}};
  if (OtherLoopback().is_v6()) cases.push_back({Endpoint::AnyV6(0), At("::1"), At("::1")});
  for (const Case& each : cases) {
    Port server;
    Port asker;
    OpenPort(&server, each.any);
    OpenPort(&asker, each.from);
    server.port->Start([&](Time, const Endpoint& from, ByteView) { SendByte(*server.port, from); });
    asker.port->Start([&](Time, const Endpoint& from, ByteView) { asker.senders.push_back(from); });
    Endpoint target = each.to;
    target.port = server.local.port;
    SendByte(*asker.port, target);
    ASSERT_TRUE(parts.Until([&] { return asker.senders.size() == 1; }));
    EXPECT_EQ(asker.senders[0], target);
  }
}

TEST_F(SocketTest, APortWithSeveralSocketsUsesTheOneThatFits) {
  std::vector<Socket> sockets;
  sockets.push_back(BindUdp(At("127.0.0.3")).value());
  sockets.push_back(BindUdp(OtherLoopback()).value());
  const Endpoint second = LocalEndpoint(sockets[1].descriptor());
  Port many;
  many.port = std::make_unique<AsioDatagramPort>(parts.loop, std::move(sockets));
  Port other;
  OpenPort(&other, OtherLoopback());
  many.port->Start([&](Time, const Endpoint& from, ByteView) { SendByte(*many.port, from); });
  other.port->Start([&](Time, const Endpoint& from, ByteView) { other.senders.push_back(from); });
  SendByte(*other.port, second);
  ASSERT_TRUE(parts.Until([&] { return other.senders.size() == 1; }));
  EXPECT_EQ(other.senders[0], second);
}

TEST_F(SocketTest, CarriesMoreDatagramsInATurnThanABatchHolds) {
  Port sender;
  Port receiver;
  OpenPort(&sender, Loopback());
  OpenPort(&receiver, Loopback());
  receiver.port->Start(
      [&](Time, const Endpoint& from, ByteView) { receiver.senders.push_back(from); });
  for (int i = 0; i < 300; ++i) SendByte(*sender.port, receiver.local);
  ASSERT_TRUE(parts.Until([&] { return receiver.senders.size() == 300; }));
}

// Without a bound the first port would read for ever what it sends itself.
TEST_F(SocketTest, AFloodOfOnePortLeavesOthersTheirTurn) {
  Port flooded;
  OpenPort(&flooded, At("127.0.0.1"));
  int received = 0;
  flooded.port->Start([&](Time, const Endpoint& from, ByteView) {
    ++received;
    SendByte(*flooded.port, from);
  });
  for (int i = 0; i < 200; ++i) SendByte(*flooded.port, flooded.local);
  Port other;
  OpenPort(&other, At("127.0.0.2"));
  bool has_its_turn = false;
  other.port->Start([&](Time, const Endpoint&, ByteView) { has_its_turn = true; });
  SendByte(*other.port, other.local);
  EXPECT_TRUE(parts.Until([&] { return has_its_turn; }));
  EXPECT_TRUE(parts.Until([&] { return received > 1000; }));
}

TEST_F(SocketTest, APortMayBeDestroyedInsideItsReceiver) {
  Port sender;
  Port receiver;
  OpenPort(&sender, Loopback());
  OpenPort(&receiver, Loopback());
  int received = 0;
  receiver.port->Start([&](Time, const Endpoint& from, ByteView) {
    ++received;
    SendByte(*receiver.port, from);
    receiver.port = nullptr;
  });
  for (int i = 0; i < 5; ++i) SendByte(*sender.port, receiver.local);
  parts.RunFor(milliseconds(50));
  EXPECT_EQ(received, 1);
}

TEST_F(SocketTest, DropsDatagramsThatAreTooLarge) {
  Port receiver;
  OpenPort(&receiver, Loopback());
  receiver.port->Start(
      [&](Time, const Endpoint& from, ByteView) { receiver.senders.push_back(from); });
  const Socket sender = BindUdp(Loopback()).value();
  const SocketAddress to(receiver.local);
  for (const size_t size : {size_t{60'000}, size_t{4'000}}) {
    const std::string bytes(size, 'x');
    ::sendto(sender.descriptor(), bytes.data(), bytes.size(), 0, to.get(), to.size);
  }
  ASSERT_TRUE(parts.Until([&] { return !receiver.senders.empty(); }));
  EXPECT_EQ(receiver.senders.size(), 1u);
  EXPECT_EQ(receiver.port->dropped(), 1u);
}

class Silent final : public StreamHandler {
 public:
  void OnOpen(Time) override { open = true; }
  void OnData(Time, Slice) override {}
  void OnSent(Time) override {}
  void OnClosed(Time, absl::Status status) override { why = std::move(status); }
  bool open = false;
  std::optional<absl::Status> why;
  std::unique_ptr<Stream> stream;
};

TEST_F(SocketTest, DialsFromTheAddressThatWeListenOn) {
  Endpoint seen;
  Socket socket = ListenTcp(At("127.0.0.9")).value();
  const Endpoint to = LocalEndpoint(socket.descriptor());
  const AsioListener listener(
      parts.loop, parts.buffers, std::move(socket),
      [&](Time, std::unique_ptr<Stream> stream) { seen = stream->remote(); });
  AsioDialer dialer(parts.loop, parts.buffers, {At("127.0.0.42", 6881)});
  Silent handler;
  handler.stream = dialer.Dial(parts.loop.now(), to);
  handler.stream->SetHandler(handler);
  ASSERT_TRUE(parts.Until([&] { return seen.port != 0; }));
  EXPECT_EQ(seen.AddressToString(), "127.0.0.42");
  EXPECT_NE(seen.port, 6881);
}

TEST_F(SocketTest, GivesUpAConnectionThatNobodyAnswers) {
  // A queue of one that nobody accepts from: further connections get no answer at all.
  Socket full(::socket(AF_INET, SOCK_STREAM, 0));
  const SocketAddress any(Loopback());
  ASSERT_EQ(::bind(full.descriptor(), any.get(), any.size), 0);
  ASSERT_EQ(::listen(full.descriptor(), 0), 0);
  AsioDialer dialer(parts.loop, parts.buffers, {}, milliseconds(200));
  std::vector<std::unique_ptr<Silent>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<Silent>());
    all.back()->stream = dialer.Dial(parts.loop.now(), LocalEndpoint(full.descriptor()));
    all.back()->stream->SetHandler(*all.back());
  }
  ASSERT_TRUE(parts.Until([&] { return all.back()->why.has_value(); }));
  EXPECT_EQ(all.back()->why->code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SocketTest, AcceptsAgainAfterDescriptorsRanOut) {
  int accepted = 0;
  Socket socket = ListenTcp(Loopback()).value();
  const SocketAddress to(LocalEndpoint(socket.descriptor()));
  const AsioListener listener(parts.loop, parts.buffers, std::move(socket),
                              [&](Time, std::unique_ptr<Stream>) { ++accepted; });
  const Socket client(::socket(AF_INET, SOCK_STREAM, 0));
  parts.RunFor(milliseconds(10));  // the loop opens what it needs
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client.descriptor()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  ASSERT_EQ(::connect(client.descriptor(), to.get(), to.size), 0);
  parts.RunFor(milliseconds(100));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(accepted, 0);
  EXPECT_TRUE(parts.Until([&] { return accepted == 1; }));
}

TEST(StatusOfErrno, SaysWhatHappenedAndWhatCanBeDone) {
  EXPECT_EQ(StatusOfErrno(ECONNREFUSED, "peer").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOfErrno(ETIMEDOUT, "peer").code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(StatusOfErrno(EMFILE, "peer").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(StatusOfErrno(EACCES, "port 80").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(StatusOfErrno(ECONNREFUSED, "peer").message(), "peer: connection refused");
}

}  // namespace
}  // namespace starling::testing_support
