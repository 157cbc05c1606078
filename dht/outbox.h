// The way out for every datagram of a node: encodes into the space that the port lends, and counts.
#pragma once

#include <algorithm>

#include "base/seams.h"
#include "dht/krpc_items.h"
#include "dht/krpc_writer.h"
#include "dht/stats.h"

namespace starling::dht {

// BEP 32, "Maximum packet size". Messages that hold an item (BEP 44) say themselves how much more
// they may take.
inline constexpr size_t kMessageSizeMax = 1024;
template <class Body>
constexpr size_t SizeMaxOf() {
  if constexpr (requires { Body::kSizeMax; }) return Body::kSizeMax;
  return kMessageSizeMax;
}

struct Outbox {
  DatagramPort& port;
  Stats& stats;

  // Returns how many bytes went out.
  template <class Body>
  size_t Send(Time now, const Endpoint& to, const krpc::Envelope& envelope, const Body& body) {
    size_t size = 0;
    port.Send(now, to, [&](ByteSpan space) {
      size = krpc::Write(space.first(std::min(space.size(), SizeMaxOf<Body>())), envelope, body);
      return size;
    });
    if (size > 0) ++stats.datagrams_out;
    stats.bytes_out += size;
    return size;
  }
};

}  // namespace starling::dht
