// Streams between simulated hosts: the sender's own slices travel, over two shared access links.
//
// The uplink of a host serves its connections in turn, one quantum of queued bytes at a time
// whatever the slices; then the chunk travels; then it passes the downlink of the receiver, first
// come first served. Work a chunk does not depend on the number of connections. What was sent and
// is not yet taken by the receiver's handler is limited by a window, which is how back-pressure
// reaches the sender. Headers of 66 bytes a 1,448 of payload count.
//
// As TCP: order is kept; a request to a host that is down or cut off is repeated and times out; one
// to a host that does not listen is refused; a lost chunk is sent again with growing pauses until
// the connection gives up; a closed end is seen by the other as OnClosed(ok) after all data; a host
// that lost its power says nothing, and whoever sends to it finds out.
//
// stream_net.cc holds connections from dial to close, stream_transfer.cc the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/seams.h"
#include "sim/event_queue.h"
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
  bool slow_start = false;  // a cap on what is sent in a round trip, doubling with each
  Duration connect_timeout = seconds(20);
  Duration give_up_after = seconds(60);  // a chunk that was not delivered for so long
};

struct AccessRates {  // bytes a second on the wire, 0: no limit
  uint64_t up = 0;
  uint64_t down = 0;
};

struct StreamCounts {
  uint64_t dialled = 0, opened = 0, refused = 0, timed_out = 0;
  uint64_t bytes_sent = 0;       // payload that left an uplink
  uint64_t bytes_delivered = 0;  // payload that a handler got
  uint64_t bytes_dropped = 0;    // arrived at an end that was closed
};

class StreamNet {
 public:
  StreamNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links, const Rules& rules,
            Residents& residents, const StreamOptions& options);
  ~StreamNet();
  StreamNet(const StreamNet&) = delete;
  StreamNet& operator=(const StreamNet&) = delete;

  void SetRates(NodeIndex node, const AccessRates& rates);
  std::unique_ptr<Stream> Dial(Time now, NodeIndex from, const Endpoint& to);
  void OnEvent(const Event& event);  // all kinds from kUplinkTurn to kReset

  const StreamCounts& counts() const { return counts_; }
  uint64_t bytes_sent(NodeIndex node) const;  // payload and stream messages, without headers
  uint64_t bytes_received(NodeIndex node) const;
  size_t connections() const { return connections_.size() - free_connections_.size(); }

 private:
  friend class SimStream;
  static constexpr uint32_t kNone = ~uint32_t{0};

  // One side of a connection. Side 0 dialled.
  struct End {
    enum class State : uint8_t { kAbsent, kOpening, kOpen, kClosed };
    NodeIndex node;
    uint16_t generation = 0;
    State state = State::kAbsent;
    bool reading = true;
    bool has_stream = false;
    bool said_goodbye = false;  // the other side has been or will be told that this one closed
    StreamHandler* handler = nullptr;
  };
  // One direction: from the end with its number to the other. The queue holds, in this order, what
  // arrived and was not taken, what travels, what the uplink serves now, and what is unsent.
  struct Pipe {
    enum class Wait : uint8_t {
      kNo,
      kForWindow,  // until the receiver has taken enough
      kForResume,  // until an event of kind kPipeResume
    };
    SliceQueue queue;
    uint32_t next_ready = kNone;
    uint64_t unsent = 0;  // what the uplink serves now included
    uint32_t serving = 0;
    uint32_t in_flight = 0;  // sent and not yet taken, arrived ones included
    uint32_t arrived = 0;
    uint32_t lost = 0;  // waits to be sent again
    uint8_t retries = 0;
    bool ready = false;  // stands in the queue of its uplink
    Wait wait = Wait::kNo;
    bool fin_wanted = false;
    bool fin_arrived = false;
    Time lost_since{};
    Time last_arrival{};
    Time round_start{};  // slow start
    uint32_t round_cap = 0;
    uint32_t round_sent = 0;
  };
  struct Connection {
    End ends[2];
    Pipe pipes[2];
    Endpoint to;  // as dialled
    Time dialled{};
    uint16_t dialler_port = 0;
    uint32_t pins = 0;  // events and calls that refer to it
    bool in_use = false;
  };
  struct Uplink {
    RateServer server;
    uint32_t first_ready = kNone;
    uint32_t last_ready = kNone;
    uint32_t serving_pipe = kNone;
    uint32_t serving_bytes = 0;
    bool turn_pending = false;
    uint64_t bytes_sent = 0;
  };
  struct Downlink {
    RateServer server;
    uint64_t bytes_received = 0;
  };

  // Pipes are named by connection * 2 + side of the sender.
  Connection& ConnectionOf(uint32_t pipe) { return connections_[pipe / 2]; }
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
  void Send(Time now, uint32_t pipe, Slice bytes);
  size_t unsent(uint32_t pipe);
  void SetReading(Time now, uint32_t pipe, bool on);
  Endpoint RemoteOf(uint32_t pipe);
  void OnDestroyed(uint32_t pipe);

  // Bytes (stream_transfer.cc).
  void MakeReady(Time now, uint32_t pipe);
  void WantTurn(Time now, NodeIndex node);
  void OnTurn(Time now, NodeIndex node);
  void OnUplinkDone(Time now, NodeIndex node);
  bool HasWindow(const Pipe& pipe) const;
  uint32_t RoomOf(Time now, uint32_t pipe);
  void Depart(Time now, uint32_t pipe, uint32_t bytes);
  void OnLost(Time now, uint32_t pipe, uint32_t bytes);
  void OnRetry(Time now, uint32_t pipe);
  void OnArrival(Time now, uint32_t pipe, uint32_t bytes);
  void OnDelivery(Time now, uint32_t pipe, uint32_t bytes);
  void Drain(Time now, uint32_t pipe);
  void DropUnsent(uint32_t pipe);
  Duration RoundTripOf(uint32_t pipe);
  // When the next packet of `pipe` arrives, or nullopt if a rule drops it.
  std::optional<Time> ArrivalOf(Time now, uint32_t pipe, uint32_t bytes);

  EventQueue& queue_;
  const Hosts& hosts_;
  const LinkModel& links_;
  const Rules& rules_;
  Residents& residents_;
  StreamOptions options_;
  std::deque<Connection> connections_;  // never moves: callbacks run while one is in hand
  std::vector<uint32_t> free_connections_;
  std::vector<Uplink> uplinks_;
  std::vector<Downlink> downlinks_;
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
