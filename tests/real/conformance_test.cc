// The seams of the real world on loopback sockets, judged by the same tests as the simulated ones.
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "node/asio_datagram.h"
#include "node/asio_listener.h"
#include "tests/real/real_parts.h"
#include "tests/support/datagram_conformance.h"
#include "tests/support/stream_conformance.h"

namespace starling::testing_support {
namespace {

class RealStreamArm final : public StreamArm {
 public:
  explicit RealStreamArm(const Endpoint& local) {
    Socket socket = ListenTcp(local).value();
    listening_ = LocalEndpoint(socket.descriptor());
    listener_ = std::make_unique<AsioListener>(
        parts_.loop, parts_.buffers, std::move(socket),
        [this](Time now, std::unique_ptr<Stream> stream) { acceptor_(now, std::move(stream)); });
    // Bound and not listening: nobody else gets this port, and nobody answers on it.
    reserved_ = Socket(::socket(local.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM, 0));
    const SocketAddress address(local);
    EXPECT_EQ(::bind(reserved_.descriptor(), address.get(), address.size), 0);
    refusing_ = LocalEndpoint(reserved_.descriptor());
  }

  Time now() const override { return parts_.loop.now(); }
  void Step(Duration at_most) override { parts_.loop.RunTurn(at_most); }
  Dialer& dialer() override { return dialer_; }
  Endpoint listening() const override { return listening_; }
  Endpoint refusing() const override { return refusing_; }
  void SetAcceptor(Acceptor acceptor) override { acceptor_ = std::move(acceptor); }

 private:
  RealParts parts_;
  AsioDialer dialer_{parts_.loop, parts_.buffers};
  Acceptor acceptor_;
  std::unique_ptr<AsioListener> listener_;
  Socket reserved_;
  Endpoint listening_;
  Endpoint refusing_;
};

class RealDatagramArm final : public DatagramArm {
 public:
  explicit RealDatagramArm(const Endpoint& local) {
    for (int which : {0, 1}) {
      std::vector<Socket> sockets;
      sockets.push_back(BindUdp(local).value());
      endpoints_[which] = LocalEndpoint(sockets[0].descriptor());
      ports_[which] = std::make_unique<AsioDatagramPort>(parts_.loop, std::move(sockets));
    }
    silent_ = ListenTcp(local).value();
  }

  Time now() const override { return parts_.loop.now(); }
  void Step(Duration at_most) override { parts_.loop.RunTurn(at_most); }
  DatagramPort& port(int which) override { return *ports_[which]; }
  Endpoint endpoint(int which) const override { return endpoints_[which]; }
  Endpoint nobody() const override { return LocalEndpoint(silent_.descriptor()); }
  void SetReceiver(int which, Receiver receiver) override { ports_[which]->Start(receiver); }

 private:
  RealParts parts_;
  std::unique_ptr<AsioDatagramPort> ports_[2];
  Endpoint endpoints_[2];
  Socket silent_;
};

std::unique_ptr<StreamArm> StreamsOverV4() { return std::make_unique<RealStreamArm>(Loopback()); }
std::unique_ptr<StreamArm> StreamsOverV6() {
  return std::make_unique<RealStreamArm>(OtherLoopback());
}
std::unique_ptr<DatagramArm> DatagramsOverV4() {
  return std::make_unique<RealDatagramArm>(Loopback());
}
std::unique_ptr<DatagramArm> DatagramsOverV6() {
  return std::make_unique<RealDatagramArm>(OtherLoopback());
}

INSTANTIATE_TEST_SUITE_P(RealV4, StreamConformance, testing::Values(&StreamsOverV4));
INSTANTIATE_TEST_SUITE_P(RealV6, StreamConformance, testing::Values(&StreamsOverV6));
INSTANTIATE_TEST_SUITE_P(RealV4, DatagramConformance, testing::Values(&DatagramsOverV4));
INSTANTIATE_TEST_SUITE_P(RealV6, DatagramConformance, testing::Values(&DatagramsOverV6));

}  // namespace
}  // namespace starling::testing_support
