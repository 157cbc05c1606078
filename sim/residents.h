// Who lives at the hosts, as the simulated networks and disks see it: whoever gets their events.
#pragma once

#include <memory>

#include "base/seams.h"
#include "base/strong_int.h"

namespace starling::sim {

class Residents {
 public:
  virtual ~Residents() = default;
  // `bytes` are valid during the call.
  virtual void OnDatagram(Time now, NodeIndex node, const Endpoint& from, ByteView bytes) = 0;
  virtual void OnStream(Time now, NodeIndex node, std::unique_ptr<Stream> stream) = 0;
  // Code of `node` ran outside of the two calls above, so its next deadline may be another.
  virtual void OnTouched(Time now, NodeIndex node) = 0;
};

}  // namespace starling::sim
