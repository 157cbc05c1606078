// The DHT on a machine with several addresses (BEP 45). The first address of each kind carries the
// Client's own DHT node; every further one is a node of its own, with an id, a table and a store of
// its own, which serves others and keeps itself in the network. So no two sockets share an id,
// answers and tokens stay with the socket they belong to, and searches, announces and puts, which
// the Client's node makes, are made once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dht/node.h"
#include "node/asio_datagram.h"
#include "node/asio_timer.h"
#include "node/client.h"
#include "node/real_listen.h"
#include "node/real_node.h"

namespace starling {

// More would only ask the same few neighbours more often.
inline constexpr size_t kFurtherDhtMax = 32;

// Which of `locals` are further ones: everything sent from their family and reach (loopback or not)
// leaves from an earlier one. At most kFurtherDhtMax, by index.
std::vector<size_t> FurtherAddresses(const std::vector<Endpoint>& locals);

class FurtherDht {
 public:
  // `number` counts from 1. Datagrams that are no DHT messages go to `client`, which has a DHT.
  FurtherDht(RealWorld::Parts& world, ListenSockets& sockets, uint8_t number,
             const ClientOptions& options, Client& client);

  DhtAddress address() const { return {local_, node_.id()}; }

  // For the timer.
  Time next_deadline() const;
  void OnDeadline(Time now);

 private:
  void LookForContacts(Time now);

  Client& client_;
  const Endpoint local_;
  AsioDatagramPort port_;
  dht::Node node_;
  Time look_at_;
  AsioTimer<FurtherDht> timer_;
};

}  // namespace starling
