// Tells what one member saw and did, a line each: datagrams and streams in words, what its disk
// did, what its Client said. A behaviour around another one, closest to the world, so that the
// lines show what really passed. Watching changes nothing: the run has the same trace hash.
//
//   host.behaviour = Watched(host.behaviour, [](Time now, absl::string_view line) { ... });
//
//   datagram to 20.1.2.3:6881: get_peers 2f10c4e8, id 9b1d0c55, transaction 00000007, 104 bytes
//   stream 4 with 20.1.2.3:6881, in: request 3 0 16384
//   disk: piece 3 is stored
#pragma once

#include <functional>

#include "absl/strings/string_view.h"
#include "base/time.h"
#include "sim/behaviour.h"

namespace starling::sim {

// Lines have no line break and at most some hundred bytes.
using WatchSink = std::function<void(Time now, absl::string_view line)>;

// Makes what `inner` makes, watched. An empty `inner` is an honest member.
BehaviourFactory Watched(BehaviourFactory inner, WatchSink sink);

}  // namespace starling::sim
