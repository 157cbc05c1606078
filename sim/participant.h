// What lives at a simulated host: a bare DHT node, a whole Client, or something that misbehaves.
// The world tells it what happens and asks for its next deadline after each event.
#pragma once

#include <memory>

#include "base/seams.h"
#include "base/time.h"

namespace starling::sim {

class Participant {
 public:
  virtual ~Participant() = default;

  // The host was switched on, for the first time or again. What lies on its disk is still there.
  virtual void OnPowerOn(Time now) = 0;
  // It was switched off: everything but the disk is lost.
  virtual void OnPowerOff(Time now) = 0;

  // Only while it is on.
  virtual void OnDatagram(Time now, const Endpoint& from, ByteView bytes) = 0;
  virtual void OnStream(Time now, std::unique_ptr<Stream> stream) = 0;
  virtual void OnDeadline(Time now) = 0;
  virtual Time next_deadline() const = 0;

  // It will soon be told something: time to fetch what it needs for that into the cache. Called
  // with step 0 and, some events later, when what step 0 fetched is there, with step 1 before a
  // datagram, 2 before a deadline. Where a million participants live, waiting for memory is most of
  // what an event costs.
  virtual void Prefetch(int step) const { static_cast<void>(step); }
};

}  // namespace starling::sim
