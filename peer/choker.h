// Who is served: one choker for the whole Client, over the peers of all its torrents. Pure: it sees
// plain views and returns verdicts, so that others plug in and tests draw states by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace starling::peer {

enum class ConnectionId : uint64_t {};  // unique within a Client, never used again; 0 is none

// What a choker may know of one connection.
struct PeerView {
  ConnectionId id{};
  uint64_t torrent = 0;          // views of one torrent share it
  bool we_seed = false;          // we have every wanted piece of its torrent
  bool peer_interested = false;  // in us
  bool we_interested = false;    // in the peer
  bool unchoked_by_us = false;
  bool unchoked_by_peer = false;
  bool snubbed_us = false;          // sent nothing for 60 s while we have open requests
  uint64_t bytes_received_20s = 0;  // payload within the last 20 s
  uint64_t bytes_sent_20s = 0;
  Time connected_at{};
  Time last_unchoked_at{};  // the start of its last slot; Time{} if never
};

struct Verdict {
  ConnectionId id{};
  bool unchoke = false;
  uint64_t rate_limit = 0;  // bytes a second for this peer; 0: none
};

class Choker {
 public:
  virtual ~Choker() = default;
  // Called every `period()`, and out of turn when interest changes make a slot free. `capacity` is
  // the upload rate in bytes a second: the limit, else the best 20 s rate of the last 10 minutes.
  // One verdict a view, in the same order; valid until the next call.
  virtual std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                          uint64_t capacity) = 0;
  virtual Duration period() const { return seconds(10); }
};

// Tit-for-tat as the field knows it: regular slots to those who give most, optimistic ones in
// turn; when seeding, round robin. `slots` 0: mainline's floor(sqrt(0.6 * up KB/s)) - 2, at least
// 2, plus 2 optimistic; else that many in total, one of them optimistic ("classic" has 4).
std::unique_ptr<Choker> MakeTitForTat(Random& random, uint32_t slots = 0);

}  // namespace starling::peer
