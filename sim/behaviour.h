// How a member of a simulated swarm departs from what the protocol asks of it: free riders,
// corrupters, liars. A behaviour wraps the seams of an otherwise unmodified Client, so that no
// protocol file knows of it; each is a file of its own under behaviours/ and a line in
// behaviour.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/seams.h"
#include "base/strategy.h"
#include "node/events.h"
#include "node/options.h"
#include "storage/piece_store.h"

namespace starling::sim {

// One object a host. The default of each method is to leave everything as it is. What it returns
// lives until the behaviour is destroyed, which is after the Client.
class Behaviour {
 public:
  virtual ~Behaviour() = default;
  // Before the Client is made.
  virtual void Adjust(ClientOptions* options) { (void)options; }
  virtual DatagramPort& Wrap(DatagramPort& port) { return port; }
  virtual Dialer& Wrap(Dialer& dialer) { return dialer; }
  virtual storage::Storage& Wrap(storage::Storage& storage) { return storage; }
  // Of each incoming connection.
  virtual std::unique_ptr<Stream> Wrap(std::unique_ptr<Stream> stream) { return stream; }
  // A datagram that came in, before the Client gets it.
  virtual void OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
    (void)now, (void)from, (void)bytes;
  }
  virtual void OnEvent(Time now, const starling::Event& event) { (void)now, (void)event; }
  // The world ends: what is destroyed from here on did not happen in it.
  virtual void OnEnd() {}
  // Is everybody's help due to it, so that invariants ask it to finish and to have what it claims?
  virtual bool is_honest() const { return true; }
};

// Where a behaviour finds itself.
struct BehaviourSite {
  uint64_t seed = 0;  // of draws of its own
  Endpoint self;
  std::vector<InfoHash> contents;  // torrents that its host had when it was switched on
  std::function<Time()> clock;     // never empty in a world
};

// Made anew each time the host is switched on. Whether a kind is honest can be asked of one that
// stands nowhere: `factory({})->is_honest()`.
using BehaviourFactory = std::function<std::unique_ptr<Behaviour>(const BehaviourSite& site)>;

struct BehaviourKind {
  StrategyInfo info;
  // `values` has every parameter of `info`, within its range.
  std::function<BehaviourFactory(const StrategyValues& values)> make;
};

class BehaviourRegistry {
 public:
  // With honest, free-rider, corrupter, liar, silent and sybil.
  BehaviourRegistry();
  // Takes the place of one of the same name.
  void Add(BehaviourKind kind);
  // NotFound, with the names there are, for an unknown name; InvalidArgument for a parameter that
  // cannot be. An empty factory is never returned.
  absl::StatusOr<BehaviourFactory> Make(const StrategySpec& spec) const;
  // In the order in which they were added.
  const std::vector<BehaviourKind>& kinds() const { return kinds_; }

 private:
  std::vector<BehaviourKind> kinds_;
};

}  // namespace starling::sim
