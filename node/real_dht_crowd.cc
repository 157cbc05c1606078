#include "node/real_dht_crowd.h"

#include <utility>

#include "base/check.h"
#include "node/asio_datagram.h"

namespace starling {
namespace {

// As the simulator's nodes draw: a crowd and a simulated network of one seed have the same ids.
constexpr uint64_t kProtocolDraws = 1;

SeededRandom RandomOf(uint64_t seed, size_t index) {
  return SeededRandom::For(seed, index, kProtocolDraws);
}

// 127.x.y.z with one x.y a node while they last; 127.0.0.0/16 is left to others.
constexpr size_t kPlaces = 250;  // of x and of y, counted from 1

Endpoint AddressOf(size_t index) {
  const auto x = static_cast<uint32_t>(index % kPlaces + 1);
  const auto y = static_cast<uint32_t>(index / kPlaces + 1);
  return Endpoint::V4(127u << 24 | x << 16 | y << 8 | 1, 0);
}

}  // namespace

NodeId CrowdId(uint64_t seed, size_t index) { return RandomOf(seed, index).NextId<NodeId>(); }

class DhtCrowd::Member final : private DeadlineHandler {
 public:
  Member(DhtCrowd& crowd, size_t index, Socket socket)
      : endpoint_(LocalEndpoint(socket.descriptor())),
        random_(RandomOf(crowd.options_.seed, index)),
        port_(crowd.loop_, SocketsOf(std::move(socket))),
        deadline_(crowd.loop_.deadlines(), *this) {
    dht::Options options = crowd.options_.node;
    options.id = random_.NextId<NodeId>();
    options.ipv6 = false;
    DatagramPort* port = &port_;
    if (crowd.options_.delay != nullptr) {
      port = &delayed_.emplace(endpoint_, port_, *crowd.options_.delay, crowd.queue_);
    }
    node_.emplace(options, *port, random_);
    StrangerListener* strangers = crowd.options_.strangers;
    port_.Start([this, strangers, index](Time now, const Endpoint& from, ByteView bytes) {
      if (strangers != nullptr && !IndexOf(from).has_value()) {
        strangers->OnStranger(now, index, from, bytes);
      }
      node_->OnDatagram(now, from, bytes);
      Arm();
    });
  }

  dht::Node& node() { return *node_; }
  const Endpoint& endpoint() const { return endpoint_; }
  uint64_t dropped() const { return port_.dropped(); }
  // Each node by itself: to ask all of them in every turn would cost more than what they do.
  void Arm() {
    const Time next = node_->next_deadline();
    if (next != deadline_.when()) deadline_.Set(next);
  }

 private:
  static std::vector<Socket> SocketsOf(Socket socket) {
    std::vector<Socket> sockets;
    sockets.push_back(std::move(socket));
    return sockets;
  }
  void OnDeadline(Time now) override {
    node_->OnDeadline(now);
    Arm();
  }

  const Endpoint endpoint_;
  SeededRandom random_;
  AsioDatagramPort port_;
  std::optional<DelayedPort> delayed_;
  std::optional<dht::Node> node_;
  Deadline deadline_;
};

DhtCrowd::DhtCrowd(AsioLoop& loop, const DhtCrowdOptions& options)
    : loop_(loop), options_(options), queue_(loop.deadlines()) {}

DhtCrowd::~DhtCrowd() = default;

absl::StatusOr<std::unique_ptr<DhtCrowd>> DhtCrowd::Open(AsioLoop& loop,
                                                         const DhtCrowdOptions& options) {
  CHECK(options.nodes <= kNodesMax);
  std::unique_ptr<DhtCrowd> crowd(new DhtCrowd(loop, options));  // a private constructor
  crowd->members_.reserve(options.nodes);
  for (size_t i = 0; i < options.nodes; ++i) {
    ASSIGN_OR_RETURN(Socket socket, BindUdp(AddressOf(i)));
    crowd->members_.push_back(std::make_unique<Member>(*crowd, i, std::move(socket)));
  }
  return crowd;
}

dht::Node& DhtCrowd::node(size_t index) { return members_[index]->node(); }
void DhtCrowd::Touch(size_t index) { members_[index]->Arm(); }
const Endpoint& DhtCrowd::endpoint(size_t index) const { return members_[index]->endpoint(); }

std::optional<size_t> DhtCrowd::IndexOf(const Endpoint& endpoint) {
  const uint32_t address = endpoint.is_v4() ? endpoint.v4() : 0;
  const size_t x = address >> 16 & 0xff;
  const size_t y = address >> 8 & 0xff;
  if (address >> 24 != 127 || (address & 0xff) != 1) return std::nullopt;
  if (x == 0 || y == 0 || x > kPlaces || y > kPlaces) return std::nullopt;
  return (y - 1) * kPlaces + (x - 1);
}

uint64_t DhtCrowd::dropped() const {
  uint64_t dropped = queue_.dropped();
  for (const std::unique_ptr<Member>& member : members_) dropped += member->dropped();
  return dropped;
}

}  // namespace starling
