// Who is served: one choker for the whole Client, over the peers of all its torrents. Pure: it sees
// plain views and returns verdicts, so that others plug in and tests draw states by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "base/random.h"
#include "base/time.h"

namespace starling::peer {

enum class ConnectionId : uint64_t {};  // unique within a Client, never used again; 0 is none

// What a choker may know of one connection.
struct PeerView {
  ConnectionId id{};
  Endpoint remote;
  uint64_t torrent = 0;          // views of one torrent share it
  bool we_seed = false;          // we have every wanted piece of its torrent
  bool peer_interested = false;  // in us
  bool we_interested = false;    // in the peer
  bool unchoked_by_us = false;
  bool unchoked_by_peer = false;
  bool snubbed_us = false;  // sent nothing for 60 s while we have open requests
  bool has_part = false;    // we seed, and it has a part of a first copy (peer/first_copies.h)
  bool turn_ends = false;   // as the last verdict said
  uint64_t bytes_received_20s = 0;  // payload within the last 20 s
  uint64_t bytes_sent_20s = 0;
  // Payload since the connection was made; a choker that counts rounds of its own subtracts.
  uint64_t bytes_received_total = 0;
  uint64_t bytes_sent_total = 0;
  // Pieces that the peer said it got since it told what it has, times their length: how fast it is
  // fed, whoever feeds it.
  uint64_t bytes_announced_total = 0;
  uint32_t piece_length = 0;
  uint32_t share_had = 0;  // by the peer, of its torrent, in millionths
  Time connected_at{};
  Time last_unchoked_at{};       // the start of its last slot; Time{} if never
  Time peer_choke_changed_at{};  // of `unchoked_by_peer`; Time{} if it never was
};

struct Verdict {
  static constexpr uint64_t kNoDeficit = std::numeric_limits<uint64_t>::max();

  ConnectionId id{};
  bool unchoke = false;
  bool turn_ends = false;   // unchoked only until it has asked for all of the copies it has begun
  uint64_t rate_limit = 0;  // bytes a second for this peer; 0: none
  // No further block is sent while what it got exceeds what it gave by more bytes than this.
  uint64_t deficit_max = kNoDeficit;
};

// What we can send, in bytes a second: the limit that the user set, else the best 20 s rate of the
// last 10 minutes, which says nothing of what a choker's own limits kept from being sent.
struct UploadCapacity {
  uint64_t rate = 0;
  bool is_measured = false;
};

class Choker {
 public:
  virtual ~Choker() = default;
  // Called every `period()`, and out of turn when interest changes make a slot free. One verdict a
  // view, in the same order; valid until the next call.
  virtual std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                          const UploadCapacity& capacity) = 0;
  virtual Duration period() const { return seconds(10); }
};

// A node makes its choker from this; empty where one may be chosen: mainline tit-for-tat.
using ChokerFactory = std::function<std::unique_ptr<Choker>(Random& random)>;

// Whom a seed serves first.
enum class SeedOrder : uint8_t {
  kRoundRobin,  // in turn, and now and then a random one
  kFastest,     // who takes fastest
};

// How many regular slots mainline has for an upload rate in bytes a second.
uint32_t MainlineRegularSlots(uint64_t capacity);

struct TitForTatOptions {
  // 0: mainline's floor(sqrt(0.6 * up KB/s)) - 2, at least 2, plus 2 optimistic; else that many in
  // total ("classic" has 4).
  uint32_t slots = 0;
  // How many of those in total are optimistic. One leaves a peer that has nothing to give yet
  // locked out for long; a fleet whose members have no reason to be selfish does better with half.
  uint32_t optimistic = 1;
  // Optimistic slots go to those who have least, not to random ones. In a fleet whoever fell behind
  // has nothing that others want, so nobody else serves it; among strangers it would feed
  // whoever claims to have nothing.
  bool poorest_first = false;
  SeedOrder order = SeedOrder::kRoundRobin;
  // Between two decisions about all; optimistic slots are kept for three, those of a seed for two.
  // Where a whole transfer takes seconds, on a LAN, whoever got no slot would wait for most of it.
  Duration round = seconds(10);
};

// Tit-for-tat as the field knows it: regular slots to those who give most, optimistic ones in
// turn.
std::unique_ptr<Choker> MakeTitForTat(Random& random, const TitForTatOptions& options = {});

}  // namespace starling::peer
