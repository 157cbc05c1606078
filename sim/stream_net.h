// Streams between simulated hosts: the sender's own slices travel, over two shared access links.
//
// The uplink of a host serves its connections in turn, one quantum of queued bytes at a time
// whatever the slices; then the chunk passes the shared links of groups, if there are any, and
// travels; then it passes the downlink of the receiver, first come first served. Work a chunk does
// not depend on the number of connections. What was sent and is not yet taken by the receiver's
// handler is limited by a window, which is how back-pressure reaches the sender. Headers of 66
// bytes a 1,448 of payload count.
//
// Few events a chunk: when the uplink begins to serve it, it is known when it will have left, so
// the next event is its arrival. An uplink has an event of its own only while something waits
// behind what it serves; what fits a packet is given its time at once. A tiny chunk passes an idle
// downlink on arrival and only then takes up its time. All that a host sends during one event
// shares chunks, because uplinks begin when the event is over: Settle().
//
// As TCP: order is kept; a request to a host that is down or cut off is repeated and times out; one
// to a host that does not listen is refused; a lost chunk is sent again with growing pauses until
// the connection gives up; a closed end is seen by the other as OnClosed(ok) after all data; a host
// that lost its power says nothing, and whoever sends to it finds out.
//
// stream_net.cc holds connections from dial to close, stream_transfer.cc the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "base/seams.h"
#include "sim/capacity_meter.h"
#include "sim/event_queue.h"
#include "sim/groups.h"
#include "sim/hosts.h"
#include "sim/link_model.h"
#include "sim/rate_server.h"
#include "sim/residents.h"
#include "sim/rules.h"
#include "sim/slice_queue.h"

namespace starling::sim {

struct StreamOptions {
  uint32_t quantum = 16 * 1024 + 13;  // one block with its header
  uint32_t window = 4 << 20;
  bool slow_start = false;         // a cap on what is sent in a round trip, doubling with each
  bool headers = true;             // 66 bytes a 1,448 of payload take up the links
  uint32_t hole_punching_ppm = 0;  // see reachability.h
  Duration connect_timeout = seconds(20);
  Duration give_up_after = seconds(60);  // a chunk that was not delivered for so long
};

struct AccessRates {  // bytes a second on the wire, 0: no limit
  uint64_t up = 0;
  uint64_t down = 0;
};

// What passed the access links of one node. Sent counts what the uplink has begun to serve.
struct NodeTraffic {
  uint64_t sent = 0;  // payload and stream messages
  uint64_t received = 0;
  uint64_t wire_sent = 0;  // with headers, and what was lost and sent again
  uint64_t wire_received = 0;
};

struct StreamCounts {
  uint64_t dialled = 0, opened = 0, refused = 0, timed_out = 0;
  uint64_t bytes_sent = 0;       // payload that an uplink took, once
  uint64_t bytes_delivered = 0;  // payload that a handler got
  uint64_t bytes_dropped = 0;    // arrived at an end that was closed
  uint64_t bytes_lost = 0;       // never arrived: the connection was given up
};

class StreamNet {
 public:
  StreamNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links, Groups& groups,
            const Rules& rules, Residents& residents, const StreamOptions& options);
  ~StreamNet();
  StreamNet(const StreamNet&) = delete;
  StreamNet& operator=(const StreamNet&) = delete;

  void SetRates(NodeIndex node, const AccessRates& rates);
  std::unique_ptr<Stream> Dial(Time now, NodeIndex from, const Endpoint& to);
  void OnEvent(const Event& event);  // all kinds from kUplinkTurn to kReset
  // Uplinks begin to serve what they were given. Called after each event of the simulation, whoever
  // got it, and before time moves on.
  void Settle(Time now);

  // Fetches into the cache what a coming event needs, in steps that follow each other: 0 the
  // connection, 1 what it leads to, 2 what that shows. Only for bytes that arrive.
  void Prefetch(const Event& event, int step) const;
  // Who gets the bytes; step 0 must be done.
  NodeIndex ReceiverOf(const Event& event) const;

  const StreamCounts& counts() const { return counts_; }
  NodeTraffic traffic(NodeIndex node) const;
  uint64_t bytes_sent(NodeIndex node) const { return traffic(node).sent; }
  uint64_t bytes_received(NodeIndex node) const { return traffic(node).received; }
  // Of bytes_sent what is neither delivered nor dropped nor lost. Walks all connections.
  uint64_t BytesInFlight() const;
  // No access link has carried more in any time than its rate allows, and a chunk.
  absl::Status CheckCapacity() const;
  size_t connections() const { return connections_made_ - free_connections_.size(); }

 private:
  friend class SimStream;
  static constexpr uint32_t kNone = ~uint32_t{0};
  // Events of shared links tell the step of the way above the bytes.
  static constexpr uint32_t kStep = uint32_t{1} << 28;
  static constexpr uint32_t kQuantumMax = 4 << 20;
  static constexpr uint32_t kConnectionsABlock = 64;
  static_assert(kQuantumMax < kStep && 2 * Groups::kDepthMax <= (~uint32_t{0} / kStep) + 1);

  // One side of a connection. Side 0 dialled.
  struct End {
    enum class State : uint8_t { kAbsent, kOpening, kOpen, kClosed };
    NodeIndex node;
    uint16_t generation = 0;
    State state = State::kAbsent;
    bool reading : 1 = true;
    bool has_stream : 1 = false;
    bool said_goodbye : 1 = false;  // the other side has been or will be told that this one closed
    StreamHandler* handler = nullptr;
  };
  // One direction: from the end with its number to the other. The queue holds, in this order, what
  // is in flight, what has to be sent again, and what is unsent.
  struct Pipe {
    enum class Wait : uint8_t {
      kNo,
      kForWindow,  // until the receiver has taken enough
      kForResume,  // until an event of kind kPipeResume
    };
    SliceQueue queue;
    uint32_t next_ready = kNone;
    uint32_t in_flight = 0;  // sent and not yet taken, arrived and lost ones included
    uint32_t arrived = 0;
    uint32_t lost = 0;    // nothing is sent until the pause after a loss is over
    uint32_t resend = 0;  // was lost, and goes first
    uint32_t round_cap = 0;
    uint32_t round_sent = 0;
    uint8_t retries = 0;
    Wait wait = Wait::kNo;
    bool ready : 1 = false;  // stands in the queue of its uplink
    bool fin_wanted : 1 = false;
    bool fin_arrived : 1 = false;
    uint64_t unsent = 0;
    Time lost_since{};
    Time last_arrival{};
    Time round_start{};  // slow start
  };
  struct Connection {
    End ends[2];
    Pipe pipes[2];
    Endpoint to;  // as dialled
    Time dialled{};
    uint16_t dialler_port = 0;
    uint32_t pins = 0;  // events and calls that refer to it
  };
  static_assert(sizeof(Connection) <= 216);
  struct Uplink {
    RateServer server;
    uint32_t first_ready = kNone;
    uint32_t last_ready = kNone;
    bool turn_pending = false;
    bool unsettled = false;
    Duration ahead_max{};  // so far ahead of time packets are served
    CapacityMeter meter;
    uint64_t sent = 0;
    uint64_t wire_sent = 0;
  };
  struct Downlink {
    RateServer server;
    CapacityMeter meter;
    uint64_t received = 0;
    uint64_t wire_received = 0;
  };

  // Pipes are named by connection * 2 + side of the sender.
  Connection& ConnectionAt(uint32_t index) {
    return blocks_[index / kConnectionsABlock][index % kConnectionsABlock];
  }
  const Connection& ConnectionAt(uint32_t index) const {
    return blocks_[index / kConnectionsABlock][index % kConnectionsABlock];
  }
  Connection& ConnectionOf(uint32_t pipe) { return ConnectionAt(pipe / 2); }
  Pipe& PipeAt(uint32_t pipe) { return ConnectionOf(pipe).pipes[pipe % 2]; }
  End& SenderOf(uint32_t pipe) { return ConnectionOf(pipe).ends[pipe % 2]; }
  End& ReceiverOf(uint32_t pipe) { return ConnectionOf(pipe).ends[1 - pipe % 2]; }
  Uplink& UplinkOf(NodeIndex node);
  Downlink& DownlinkOf(NodeIndex node);

  // Connections (stream_net.cc).
  uint32_t TakeConnection();
  void Schedule(Time time, EventKind kind, uint32_t connection, uint32_t target, uint32_t payload);
  void Unpin(uint32_t connection);
  bool IsPresent(const End& end) const;
  bool IsReplaced(const End& end) const;
  void OnDial(Time now, uint32_t connection, uint32_t attempt);
  void OnSyn(Time now, uint32_t connection, uint32_t attempt);
  void RetryDial(Time now, uint32_t connection, uint32_t attempt);
  void OnOpened(Time now, uint32_t connection);
  void CloseEnd(Time now, uint32_t connection, int side, absl::Status why);
  void SendFin(Time now, uint32_t pipe);
  void OnFin(Time now, uint32_t pipe);
  void SendReset(Time now, uint32_t pipe);

  // What SimStream forwards.
  void SetHandler(uint32_t pipe, StreamHandler& handler);
  void Send(uint32_t pipe, Slice bytes);
  size_t unsent(uint32_t pipe);
  void SetReading(Time now, uint32_t pipe, bool on);
  Endpoint RemoteOf(uint32_t pipe);
  void OnDestroyed(uint32_t pipe);

  // Bytes (stream_transfer.cc).
  void MakeReady(uint32_t pipe);
  void WantTurn(NodeIndex node);
  bool IsBusyFor(Time now, const Uplink& uplink);
  void ServeUplink(Time now, NodeIndex node);
  void ServePipe(Time now, NodeIndex node, uint32_t pipe);
  bool HasWindow(const Pipe& pipe) const;
  bool HasBytes(uint32_t pipe);
  uint32_t RoomOf(Time now, uint32_t pipe);
  void Depart(Time when, uint32_t pipe, uint32_t bytes);
  void OnSharedLink(Time now, uint32_t pipe, uint32_t step, uint32_t bytes);
  void Travel(Time when, uint32_t pipe, uint32_t bytes);
  void OnLost(Time now, uint32_t pipe, uint32_t bytes);
  void OnRetry(Time now, uint32_t pipe);
  void OnArrival(Time now, uint32_t pipe, uint32_t bytes);
  void OnDelivery(Time now, uint32_t pipe, uint32_t bytes);
  uint64_t WireBytes(uint32_t bytes) const;
  void Drain(Time now, uint32_t pipe);
  void DropUnsent(uint32_t pipe);
  Duration RoundTripOf(uint32_t pipe);
  // When a packet of `pipe` that leaves at `when` arrives, or nullopt if a rule drops it.
  std::optional<Time> ArrivalOf(Time when, uint32_t pipe, uint32_t bytes);
  bool CanDial(NodeIndex from, NodeIndex to) const;

  EventQueue& queue_;
  const Hosts& hosts_;
  const LinkModel& links_;
  Groups& groups_;
  const Rules& rules_;
  Residents& residents_;
  StreamOptions options_;
  // Connections never move: callbacks run while one is in hand.
  std::vector<std::unique_ptr<Connection[]>> blocks_;
  uint32_t connections_made_ = 0;
  std::vector<uint32_t> free_connections_;
  std::vector<Uplink> uplinks_;
  std::vector<Downlink> downlinks_;
  std::vector<NodeIndex> unsettled_;  // whose uplinks may have something to begin with
  SlicePool slices_;
  uint64_t packets_ = uint64_t{1} << 63;  // numbers of datagrams and chunks never meet
  StreamCounts counts_;
};

// The Dialer of one node.
class SimDialer final : public Dialer {
 public:
  SimDialer(StreamNet& net, NodeIndex self) : net_(net), self_(self) {}
  std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) override {
    return net_.Dial(now, self_, to);
  }

 private:
  StreamNet& net_;
  NodeIndex self_;
};

}  // namespace starling::sim
