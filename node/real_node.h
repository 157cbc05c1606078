// The real world put together once: sockets, files, workers, clock and randomness around a Client.
// The program, the demo and whoever embeds the library use only this.
//
//   RealWorld world;                                     // one loop, some disk workers
//   auto node = RealNode::Start(world, options, sink);   // listens; an error says what is wrong
//   (*node)->client().Add(world.now(), torrent);         // before Run(), or inside Post()
//   world.Run();                                         // until Stop()
//
// Everything but Post() and Stop() belongs to the thread that calls Run().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "node/client.h"
#include "node/events.h"
#include "node/options.h"

namespace starling {

class RealWorld {
 public:
  explicit RealWorld(int disk_workers = 2);
  ~RealWorld();
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;

  Time now() const;                                 // std::chrono::steady_clock as our Time
  void Run();                                       // until Stop(); may be called again
  void Stop();                                      // from any thread or callback
  void Post(absl::AnyInvocable<void(Time now)> f);  // from any thread; runs in the loop
  // Runs `f` in the loop every `period`, until the world ends.
  void Every(Duration period, absl::AnyInvocable<void(Time now)> f);
  // Calls `f` once in the loop for each SIGINT or SIGTERM; only a program asks for this.
  void OnSignal(absl::AnyInvocable<void(Time now, int signal)> f);

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

struct RealNodeOptions {
  ClientOptions client;
  // Where to listen, TCP and UDP on the same number. Empty: port 6881 or the next free one on all
  // IPv4 and IPv6 addresses. Port 0 picks a free one.
  std::vector<Endpoint> listen;
};

// Where a DHT node of ours is, and what it is called.
struct DhtAddress {
  Endpoint local;
  NodeId id;
};

class RealNode {
 public:
  static absl::StatusOr<std::unique_ptr<RealNode>> Start(RealWorld& world,
                                                         const RealNodeOptions& options,
                                                         EventSink& events);
  ~RealNode();
  RealNode(const RealNode&) = delete;
  RealNode& operator=(const RealNode&) = delete;

  Client& client();
  const std::vector<Endpoint>& listening() const;  // the real ports
  // The DHT nodes beside the Client's own: one for each further address (BEP 45).
  std::vector<DhtAddress> further_dht() const;

 private:
  struct Parts;
  explicit RealNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace starling
