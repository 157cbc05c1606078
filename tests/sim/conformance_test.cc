// The simulated arm of the seams' conformance tests.
#include <memory>

#include "sim/storage_tap.h"
#include "sim/watch_stream.h"
#include "tests/support/datagram_conformance.h"
#include "tests/support/sim_network.h"
#include "tests/support/store_conformance.h"
#include "tests/support/stream_conformance.h"

namespace starling::testing_support {
namespace {

constexpr NodeIndex kDialling(0);
constexpr NodeIndex kListening(1);
constexpr NodeIndex kRefusing(2);

class SimulatedStreams final : public StreamArm {
 public:
  explicit SimulatedStreams(const SimNetworkOptions& options)
      : network_(options), dialer_(network_.streams, kDialling) {
    network_.hosts.SetListening(kRefusing, false);
  }
  Time now() const override { return network_.now(); }
  void Step(Duration at_most) override { network_.Step(at_most); }
  Dialer& dialer() override { return dialer_; }
  Endpoint listening() const override { return network_.hosts.endpoint(kListening); }
  Endpoint refusing() const override { return network_.hosts.endpoint(kRefusing); }
  void SetAcceptor(Acceptor acceptor) override {
    network_.on_stream = [acceptor](Time now, NodeIndex, std::unique_ptr<Stream> stream) {
      acceptor(now, std::move(stream));
    };
  }
  SimNetwork& network() { return network_; }

 private:
  SimNetwork network_;
  sim::SimDialer dialer_;
};

SimNetworkOptions ThreeHosts(sim::LatencyProfile profile) {
  SimNetworkOptions options;
  options.hosts = 3;
  options.link.profile = profile;
  return options;
}

std::unique_ptr<StreamArm> OverTheInternet() {
  return std::make_unique<SimulatedStreams>(ThreeHosts(sim::LatencyProfile::kDefault));
}
std::unique_ptr<StreamArm> OnALan() {
  return std::make_unique<SimulatedStreams>(ThreeHosts(sim::LatencyProfile::kLan));
}
std::unique_ptr<StreamArm> WithSlowStart() {
  SimNetworkOptions options = ThreeHosts(sim::LatencyProfile::kDefault);
  options.streams.slow_start = true;
  return std::make_unique<SimulatedStreams>(options);
}
std::unique_ptr<StreamArm> OverLimitedLinks() {
  auto arm = std::make_unique<SimulatedStreams>(ThreeHosts(sim::LatencyProfile::kLan));
  for (const NodeIndex node : {kDialling, kListening}) {
    arm->network().streams.SetRates(node, {20'000'000, 30'000'000});
  }
  return arm;
}
std::unique_ptr<StreamArm> WithLossAndTinyWindows() {
  SimNetworkOptions options = ThreeHosts(sim::LatencyProfile::kLan);
  options.streams.window = 100'000;
  options.streams.quantum = 5000;
  auto arm = std::make_unique<SimulatedStreams>(options);
  sim::Noise noise;
  noise.loss_ppm = 1000;
  noise.reorder_ppm = 10'000;
  noise.delay_max = milliseconds(3);
  noise.streams = true;
  arm->network().rules.Add(std::make_unique<sim::NoiseRule>(noise));
  return arm;
}

INSTANTIATE_TEST_SUITE_P(OverTheInternet, StreamConformance, testing::Values(&OverTheInternet));
INSTANTIATE_TEST_SUITE_P(OnALan, StreamConformance, testing::Values(&OnALan));
INSTANTIATE_TEST_SUITE_P(WithSlowStart, StreamConformance, testing::Values(&WithSlowStart));
INSTANTIATE_TEST_SUITE_P(OverLimitedLinks, StreamConformance, testing::Values(&OverLimitedLinks));
INSTANTIATE_TEST_SUITE_P(WithLoss, StreamConformance, testing::Values(&WithLossAndTinyWindows));

// The same streams with somebody listening in at both ends, as behaviours do.
class TappedStreams final : public StreamArm {
 public:
  TappedStreams() : streams_(ThreeHosts(sim::LatencyProfile::kDefault)) {}
  Time now() const override { return streams_.now(); }
  void Step(Duration at_most) override { streams_.Step(at_most); }
  Dialer& dialer() override { return dialer_; }
  Endpoint listening() const override { return streams_.listening(); }
  Endpoint refusing() const override { return streams_.refusing(); }
  void SetAcceptor(Acceptor acceptor) override {
    streams_.SetAcceptor([acceptor](Time now, std::unique_ptr<Stream> stream) {
      acceptor(now, sim::TapStream(std::move(stream), MakeTap()));
    });
  }

 private:
  static std::unique_ptr<sim::StreamTap> MakeTap() {
    return std::make_unique<sim::WatchedStream>("stream", [](absl::string_view) {});
  }

  SimulatedStreams streams_;
  sim::TappedDialer dialer_{streams_.dialer(), [](const Endpoint&) { return MakeTap(); }};
};

std::unique_ptr<StreamArm> Tapped() { return std::make_unique<TappedStreams>(); }

INSTANTIATE_TEST_SUITE_P(Tapped, StreamConformance, testing::Values(&Tapped));

class SimulatedDatagrams final : public DatagramArm {
 public:
  SimulatedDatagrams()
      : ports_{sim::SimPort(network_.datagrams, NodeIndex(0)),
               sim::SimPort(network_.datagrams, NodeIndex(1))} {
    network_.on_datagram = [this](Time now, NodeIndex node, const Endpoint& from, ByteView bytes) {
      receivers_[node.value()](now, from, bytes);
    };
  }
  Time now() const override { return network_.now(); }
  void Step(Duration at_most) override { network_.Step(at_most); }
  DatagramPort& port(int which) override { return ports_[which]; }
  Endpoint endpoint(int which) const override {
    return network_.hosts.endpoint(NodeIndex(static_cast<uint32_t>(which)));
  }
  Endpoint nobody() const override { return network_.plan.EndpointOf(NodeIndex(99), 0); }
  void SetReceiver(int which, Receiver receiver) override {
    receivers_[which] = std::move(receiver);
  }

 private:
  SimNetwork network_;
  sim::SimPort ports_[2];
  Receiver receivers_[2];
};

std::unique_ptr<DatagramArm> Datagrams() { return std::make_unique<SimulatedDatagrams>(); }

INSTANTIATE_TEST_SUITE_P(Simulated, DatagramConformance, testing::Values(&Datagrams));

class SimulatedStore final : public StoreArm {
 public:
  explicit SimulatedStore(const sim::DiskOptions& options, bool is_tapped = false)
      : content_(std::make_shared<sim::SharedContent>(Content())),
        disk_(network_.disks, NodeIndex(0), options),
        is_tapped_(is_tapped) {
    network_.disks.AddContent(content_);
  }
  Time now() const override { return network_.now(); }
  void Step(Duration at_most) override { network_.Step(at_most); }
  storage::Storage& storage() override {
    return is_tapped_ ? static_cast<storage::Storage&>(tapped_) : disk_;
  }
  std::shared_ptr<const storage::Metainfo> metainfo() const override {
    return content_->metainfo();
  }
  storage::StoreOptions options() const override { return {}; }
  Slice content(uint64_t from, uint64_t size) const override { return content_->Bytes(from, size); }

 private:
  static sim::ContentOptions Content() {
    sim::ContentOptions options;
    options.size = 5 * 65536 + 12345;
    return options;
  }
  SimNetwork network_;
  std::shared_ptr<sim::SharedContent> content_;
  sim::SimDisk disk_;
  bool is_tapped_;
  sim::StorageTap tap_;
  sim::TappedStorage tapped_{disk_, tap_};
};

std::unique_ptr<StoreArm> InstantDisk() {
  return std::make_unique<SimulatedStore>(sim::DiskOptions{});
}
std::unique_ptr<StoreArm> SlowDisk() {
  return std::make_unique<SimulatedStore>(sim::DiskOptions{milliseconds(8), 50'000'000});
}

std::unique_ptr<StoreArm> TappedDisk() {
  return std::make_unique<SimulatedStore>(sim::DiskOptions{}, /*is_tapped=*/true);
}

INSTANTIATE_TEST_SUITE_P(InstantDisk, StoreConformance, testing::Values(&InstantDisk));
INSTANTIATE_TEST_SUITE_P(SlowDisk, StoreConformance, testing::Values(&SlowDisk));
INSTANTIATE_TEST_SUITE_P(TappedDisk, StoreConformance, testing::Values(&TappedDisk));

}  // namespace
}  // namespace starling::testing_support
