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
};

}  // namespace starling::sim
