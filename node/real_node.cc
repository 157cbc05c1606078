#include "node/real_node.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "dht/tuned_variant.h"
#include "node/asio_datagram.h"
#include "node/asio_http.h"
#include "node/asio_listener.h"
#include "node/asio_timer.h"
#include "node/real_further_dht.h"
#include "node/real_listen.h"
#include "node/real_parts.h"

namespace starling {
namespace {

std::vector<Endpoint> Locals(const std::vector<ListenSockets>& sockets) {
  std::vector<Endpoint> locals;
  for (const ListenSockets& each : sockets) locals.push_back(each.local);
  return locals;
}

// The UDP sockets that are the Client's: all but those of further DHT nodes.
std::vector<Socket> TakeUdp(std::vector<ListenSockets>* sockets,
                            const std::vector<size_t>& further) {
  std::vector<Socket> udp;
  for (size_t i = 0; i < sockets->size(); ++i) {
    const bool is_further = std::find(further.begin(), further.end(), i) != further.end();
    if (!is_further) udp.push_back(std::move((*sockets)[i].udp));
  }
  return udp;
}

}  // namespace

// In order of construction; the timer and the listeners, which call the client, go first.
struct RealNode::Parts {
  Parts(RealWorld::Parts& world, std::vector<ListenSockets> opened, bool has_dht)
      : sockets(std::move(opened)),
        listening(Locals(sockets)),
        further(has_dht ? FurtherAddresses(listening) : std::vector<size_t>()),
        datagrams(world.loop, TakeUdp(&sockets, further)),
        dialer(world.loop, world.buffers, listening),
        http(world.loop, world.buffers, dialer, world.resolver) {
    for (ListenSockets& each : sockets) {
      listeners.push_back(
          std::make_unique<AsioListener>(world.loop, world.buffers, std::move(each.tcp),
                                         [this](Time now, std::unique_ptr<Stream> stream) {
                                           client->Accept(now, std::move(stream));
                                         }));
    }
  }

  void StartClient(RealWorld::Parts& world, const ClientOptions& options, EventSink& events) {
    client = std::make_unique<Client>(
        options,
        ClientSeams{datagrams, dialer, world.storage, world.resolver, http, world.random, events});
    datagrams.Start([this](Time now, const Endpoint& from, ByteView bytes) {
      client->OnDatagram(now, from, bytes);
    });
    timer = std::make_unique<AsioTimer<Client>>(world.loop, *client);
    client->Start(world.loop.now());
    uint8_t number = 0;
    for (const size_t index : further) {
      further_dht.push_back(
          std::make_unique<FurtherDht>(world, sockets[index], ++number, options, *client));
    }
  }

  std::vector<ListenSockets> sockets;  // emptied by those who use them
  const std::vector<Endpoint> listening;
  const std::vector<size_t> further;  // of them, have a DHT node of their own
  AsioDatagramPort datagrams;
  AsioDialer dialer;
  AsioHttp http;
  std::unique_ptr<Client> client;
  std::vector<std::unique_ptr<AsioListener>> listeners;
  std::unique_ptr<AsioTimer<Client>> timer;
  std::vector<std::unique_ptr<FurtherDht>> further_dht;
};

absl::StatusOr<std::unique_ptr<RealNode>> RealNode::Start(RealWorld& world,
                                                          const RealNodeOptions& options,
                                                          EventSink& events) {
  ASSIGN_OR_RETURN(std::vector<ListenSockets> sockets, OpenListenSockets(options.listen));
  auto parts = std::make_unique<Parts>(world.parts(), std::move(sockets), options.client.dht);
  ClientOptions client_options = options.client;
  client_options.listen_port = parts->listening.front().port;
  if (client_options.dht_lookup == nullptr) {
    client_options.dht_lookup = dht::MakeTunedVariant(dht::DefaultTuning());
  }
  parts->StartClient(world.parts(), client_options, events);
  return std::unique_ptr<RealNode>(new RealNode(std::move(parts)));
}

RealNode::RealNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RealNode::~RealNode() = default;

Client& RealNode::client() { return *parts_->client; }
const std::vector<Endpoint>& RealNode::listening() const { return parts_->listening; }

std::vector<DhtAddress> RealNode::further_dht() const {
  std::vector<DhtAddress> addresses;
  for (const auto& further : parts_->further_dht) addresses.push_back(further->address());
  return addresses;
}

}  // namespace starling
