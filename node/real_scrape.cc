#include "node/real_scrape.h"

#include <utility>
#include <vector>

#include "node/asio_datagram.h"
#include "node/asio_http.h"
#include "node/asio_socket.h"
#include "node/asio_stream.h"
#include "node/real_parts.h"

namespace starling {

struct RealScrape::Parts {
  Parts(RealWorld::Parts& world, std::vector<Socket> sockets, const ScrapeQuestion& question)
      : datagrams(world.loop, std::move(sockets)),
        dialer(world.loop, world.buffers),
        http(world.loop, world.buffers, dialer, world.resolver),
        scrape(world.loop.now(), question,
               ScrapeSeams{.datagrams = datagrams,
                           .resolver = world.resolver,
                           .http = http,
                           .random = world.random,
                           .deadlines = world.loop.deadlines()}) {
    datagrams.Start([this](Time now, const Endpoint& from, ByteView bytes) {
      scrape.OnDatagram(now, from, bytes);
    });
  }

  AsioDatagramPort datagrams;
  AsioDialer dialer;
  AsioHttp http;
  Scrape scrape;
};

absl::StatusOr<std::unique_ptr<RealScrape>> RealScrape::Start(RealWorld& world,
                                                              const ScrapeQuestion& question) {
  std::vector<Socket> sockets;
  absl::Status why;
  for (const Endpoint& any : {Endpoint::AnyV4(0), Endpoint::AnyV6(0)}) {
    absl::StatusOr<Socket> socket = BindUdp(any);
    if (socket.ok()) {
      sockets.push_back(*std::move(socket));
    } else {
      why = socket.status();
    }
  }
  if (sockets.empty()) return why;
  auto parts = std::make_unique<Parts>(world.parts(), std::move(sockets), question);
  return std::unique_ptr<RealScrape>(new RealScrape(std::move(parts)));
}

RealScrape::RealScrape(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RealScrape::~RealScrape() = default;

const Scrape& RealScrape::scrape() const { return parts_->scrape; }

}  // namespace starling
