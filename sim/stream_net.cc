#include "sim/stream_net.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::sim {

class SimStream final : public Stream {
 public:
  SimStream(StreamNet& net, uint32_t pipe) : net_(net), pipe_(pipe) {}
  ~SimStream() override { net_.OnDestroyed(pipe_); }
  SimStream(const SimStream&) = delete;
  SimStream& operator=(const SimStream&) = delete;

  void SetHandler(StreamHandler& handler) override { net_.SetHandler(pipe_, handler); }
  void Send(Time, Slice bytes) override { net_.Send(pipe_, std::move(bytes)); }
  size_t unsent() const override { return net_.unsent(pipe_); }
  void SetReading(Time now, bool on) override { net_.SetReading(now, pipe_, on); }
  Endpoint remote() const override { return net_.RemoteOf(pipe_); }

 private:
  StreamNet& net_;
  uint32_t pipe_;  // what this end sends
};

StreamNet::StreamNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links, Groups& groups,
                     const Rules& rules, Residents& residents, const StreamOptions& options)
    : queue_(queue),
      hosts_(hosts),
      links_(links),
      groups_(groups),
      rules_(rules),
      residents_(residents),
      options_(options) {
  CHECK(options.quantum > 0 && options.quantum <= kQuantumMax);
  CHECK(options.window < uint32_t{1} << 31);
}

StreamNet::~StreamNet() = default;

StreamNet::Uplink& StreamNet::UplinkOf(NodeIndex node) {
  if (node.value() >= uplinks_.size()) uplinks_.resize(node.value() + 1);
  return uplinks_[node.value()];
}

StreamNet::Downlink& StreamNet::DownlinkOf(NodeIndex node) {
  if (node.value() >= downlinks_.size()) downlinks_.resize(node.value() + 1);
  return downlinks_[node.value()];
}

void StreamNet::SetRates(NodeIndex node, const AccessRates& rates) {
  Uplink& uplink = UplinkOf(node);
  uplink.server.SetRate(rates.up);
  uplink.meter.Restart(rates.up);
  // Two chunks: one that is served and the packets behind it.
  const uint64_t ahead_bytes = 2 * WireBytes(options_.quantum);
  uplink.ahead_max = Duration(static_cast<int64_t>(
      rates.up == 0 ? 0 : std::min<uint64_t>(ahead_bytes * 1'000'000 / rates.up, 1u << 30)));
  Downlink& downlink = DownlinkOf(node);
  downlink.server.SetRate(rates.down);
  downlink.meter.Restart(rates.down);
}

NodeTraffic StreamNet::traffic(NodeIndex node) const {
  NodeTraffic traffic;
  if (node.value() < uplinks_.size()) {
    traffic.sent = uplinks_[node.value()].sent;
    traffic.wire_sent = uplinks_[node.value()].wire_sent;
  }
  if (node.value() < downlinks_.size()) {
    traffic.received = downlinks_[node.value()].received;
    traffic.wire_received = downlinks_[node.value()].wire_received;
  }
  return traffic;
}

uint32_t StreamNet::TakeConnection() {
  if (free_connections_.empty()) {
    if (connections_made_ % kConnectionsABlock == 0) {
      blocks_.push_back(std::make_unique<Connection[]>(kConnectionsABlock));
    }
    return connections_made_++;
  }
  const uint32_t index = free_connections_.back();
  free_connections_.pop_back();
  ConnectionAt(index) = Connection{};
  return index;
}

// An event that refers to `connection` keeps its place from being given to another.
void StreamNet::Schedule(Time time, EventKind kind, uint32_t connection, uint32_t target,
                         uint32_t payload) {
  ++ConnectionAt(connection).pins;
  queue_.Push(time, kind, target, payload);
}

void StreamNet::Unpin(uint32_t connection) {
  Connection& it = ConnectionAt(connection);
  CHECK(it.pins > 0);
  if (--it.pins > 0 || it.ends[0].has_stream || it.ends[1].has_stream) return;
  for (Pipe& pipe : it.pipes) {
    counts_.bytes_lost += pipe.in_flight + pipe.resend;
    pipe.in_flight = pipe.resend = 0;
    slices_.Truncate(pipe.queue, 0);
  }
  free_connections_.push_back(connection);
}

// Is the host of this end still the one that made it, and up?
bool StreamNet::IsPresent(const End& end) const {
  return hosts_.is_up(end.node) && !IsReplaced(end);
}

bool StreamNet::IsReplaced(const End& end) const {
  return hosts_.generation(end.node) != end.generation;
}

std::unique_ptr<Stream> StreamNet::Dial(Time now, NodeIndex from, const Endpoint& to) {
  ++counts_.dialled;
  const uint32_t index = TakeConnection();
  Connection& connection = ConnectionAt(index);
  connection.to = to;
  connection.dialled = now;
  connection.dialler_port = static_cast<uint16_t>(20000 + counts_.dialled % 40000);
  End& end = connection.ends[0];
  end.node = from;
  end.generation = hosts_.generation(from);
  end.state = End::State::kOpening;
  end.has_stream = true;
  Schedule(now, EventKind::kDial, index, index, 0);
  return std::make_unique<SimStream>(*this, index * 2);
}

void StreamNet::OnDial(Time now, uint32_t connection, uint32_t attempt) {
  Connection& it = ConnectionAt(connection);
  if (it.ends[0].state != End::State::kOpening) return;
  if (now - it.dialled >= options_.connect_timeout) {
    ++counts_.timed_out;
    CloseEnd(now, connection, 0, absl::DeadlineExceededError("the connection was not answered"));
    return;
  }
  const std::optional<NodeIndex> target = hosts_.Find(it.to);
  if (!target.has_value() || it.to.port == 0 || !CanDial(it.ends[0].node, *target)) {
    RetryDial(now, connection, attempt);
    return;
  }
  it.ends[1].node = *target;
  it.ends[1].generation = hosts_.generation(*target);
  const std::optional<Time> arrival = ArrivalOf(now, connection * 2, 0);
  if (arrival.has_value()) {
    Schedule(*arrival, EventKind::kSyn, connection, connection, attempt);
  } else {
    RetryDial(now, connection, attempt);
  }
}

// A NAT or a firewall swallows requests that it does not expect.
bool StreamNet::CanDial(NodeIndex from, NodeIndex to) const {
  switch (hosts_.reachability(to)) {
    case Reachability::kPublic:
      return true;
    case Reachability::kCone:
      return hosts_.reachability(from) != Reachability::kBlocked &&
             links_.DrawsForPair(hosts_.serial(from), hosts_.serial(to),
                                 options_.hole_punching_ppm);
    case Reachability::kBlocked:
      return false;
  }
  return false;
}

// The request is repeated after 1, 3, 7, ... seconds, as TCP does.
void StreamNet::RetryDial(Time now, uint32_t connection, uint32_t attempt) {
  const Time last = ConnectionAt(connection).dialled + options_.connect_timeout;
  const Time next = now + seconds(int64_t{1} << std::min(attempt, 6u));
  Schedule(std::min(next, std::max(last, now)), EventKind::kDial, connection, connection,
           attempt + 1);
}

void StreamNet::OnSyn(Time now, uint32_t connection, uint32_t attempt) {
  Connection& it = ConnectionAt(connection);
  if (it.ends[0].state != End::State::kOpening) return;
  End& end = it.ends[1];
  if (!IsPresent(end)) {
    RetryDial(now, connection, attempt);
    return;
  }
  const uint32_t back = connection * 2 + 1;
  Duration travel =
      links_.OneWay(hosts_.coordinates(end.node), hosts_.coordinates(it.ends[0].node), packets_++);
  if (!groups_.empty()) travel += groups_.Latency(end.node, it.ends[0].node);
  PipeAt(back).last_arrival = now + travel;
  if (!hosts_.is_listening(end.node) || it.to.port != kSimulatedPort) {
    Schedule(now + travel, EventKind::kRefused, connection, connection, 0);
    return;
  }
  ++counts_.opened;
  end.state = End::State::kOpen;
  end.has_stream = true;
  Schedule(now + travel, EventKind::kOpened, connection, connection, 0);
  residents_.OnStream(now, end.node, std::make_unique<SimStream>(*this, back));
}

void StreamNet::OnOpened(Time now, uint32_t connection) {
  Connection& it = ConnectionAt(connection);
  if (it.ends[0].state != End::State::kOpening) return;
  it.ends[0].state = End::State::kOpen;
  MakeReady(connection * 2);
  CHECK(it.ends[0].handler != nullptr);
  it.ends[0].handler->OnOpen(now);
  residents_.OnTouched(now, it.ends[0].node);
}

// The network closes an end: its handler is told, once and last.
void StreamNet::CloseEnd(Time now, uint32_t connection, int side, absl::Status why) {
  End& end = ConnectionAt(connection).ends[side];
  if (end.state == End::State::kClosed || end.state == End::State::kAbsent) return;
  end.state = End::State::kClosed;
  DropUnsent(connection * 2 + static_cast<uint32_t>(side));
  StreamHandler* handler = std::exchange(end.handler, nullptr);
  if (handler == nullptr) return;
  handler->OnClosed(now, std::move(why));
  residents_.OnTouched(now, end.node);
}

void StreamNet::SetHandler(uint32_t pipe, StreamHandler& handler) {
  End& end = SenderOf(pipe);
  if (end.state != End::State::kClosed) end.handler = &handler;
}

void StreamNet::Send(uint32_t pipe, Slice bytes) {
  const End& end = SenderOf(pipe);
  if (bytes.empty() || end.state == End::State::kClosed) return;
  Pipe& it = PipeAt(pipe);
  it.unsent += bytes.size();
  slices_.Append(it.queue, std::move(bytes));
  if (end.state == End::State::kOpen) MakeReady(pipe);
}

size_t StreamNet::unsent(uint32_t pipe) { return PipeAt(pipe).unsent; }

void StreamNet::SetReading(Time now, uint32_t pipe, bool on) {
  End& end = SenderOf(pipe);
  if (end.reading == on) return;
  end.reading = on;
  const uint32_t incoming = pipe ^ 1;
  const Pipe& it = PipeAt(incoming);
  if (on && end.state == End::State::kOpen && (it.arrived > 0 || it.fin_arrived)) {
    Schedule(now, EventKind::kReadable, pipe / 2, incoming, 0);
  }
}

Endpoint StreamNet::RemoteOf(uint32_t pipe) {
  const Connection& connection = ConnectionOf(pipe);
  if (pipe % 2 == 0) return connection.to;
  const End& dialler = connection.ends[0];
  Endpoint remote = hosts_.EndpointOf(dialler.node, dialler.generation);
  remote.port = connection.dialler_port;
  return remote;
}

void StreamNet::OnDestroyed(uint32_t pipe) {
  const uint32_t connection = pipe / 2;
  End& end = SenderOf(pipe);
  end.has_stream = false;
  end.handler = nullptr;
  ++ConnectionAt(connection).pins;
  if (end.state != End::State::kClosed) {
    const bool was_known = end.state == End::State::kOpen || ReceiverOf(pipe).has_stream;
    end.state = End::State::kClosed;
    DropUnsent(pipe);
    // A host without power says no goodbye.
    if (was_known && IsPresent(end)) SendFin(queue_.now(), pipe);
  }
  Unpin(connection);
}

// The goodbye follows the last byte. Bytes that have to be sent again go first; whoever sends the
// last of them calls again.
void StreamNet::SendFin(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  SenderOf(pipe).said_goodbye = true;
  it.fin_wanted = true;
  if (it.lost > 0 || it.resend > 0) return;
  const std::optional<Time> arrival = ArrivalOf(now, pipe, 0);
  if (arrival.has_value()) {
    it.fin_wanted = false;
    Schedule(*arrival, EventKind::kFin, pipe / 2, pipe, 0);
    return;
  }
  if (it.retries == 0) it.lost_since = now;
  if (now - it.lost_since >= options_.give_up_after) return;
  ++it.retries;
  const Time again = now + RoundTripOf(pipe) + milliseconds(200 << std::min<int>(it.retries, 7));
  Schedule(again, EventKind::kFinRetry, pipe / 2, pipe, 0);
}

void StreamNet::OnFin(Time now, uint32_t pipe) {
  PipeAt(pipe).fin_arrived = true;
  Drain(now, pipe);
}

// Tells the sender of `pipe` that its receiver knows nothing of the connection.
void StreamNet::SendReset(Time now, uint32_t pipe) {
  const std::optional<Time> arrival = ArrivalOf(now, pipe ^ 1, 0);
  if (arrival.has_value()) Schedule(*arrival, EventKind::kReset, pipe / 2, pipe ^ 1, 0);
}

void StreamNet::OnEvent(const Event& event) {
  const Time now = event.time;
  const uint32_t target = event.target;
  // Events of uplinks name a node, requests a connection, all others a pipe.
  uint32_t connection = target / 2;
  switch (event.kind()) {
    case EventKind::kUplinkTurn:
      UplinkOf(NodeIndex(target)).turn_pending = false;
      return WantTurn(NodeIndex(target));
    case EventKind::kDial:
      OnDial(now, connection = target, event.payload);
      break;
    case EventKind::kSyn:
      OnSyn(now, connection = target, event.payload);
      break;
    case EventKind::kOpened:
      OnOpened(now, connection = target);
      break;
    case EventKind::kRefused:
      ++counts_.refused;
      CloseEnd(now, connection = target, 0, absl::UnavailableError("the connection was refused"));
      break;
    case EventKind::kSharedLink:
      OnSharedLink(now, target, event.payload / kStep, event.payload % kStep);
      break;
    case EventKind::kChunkArrival:
      OnArrival(now, target, event.payload);
      break;
    case EventKind::kChunkDelivery:
      OnDelivery(now, target, event.payload);
      break;
    case EventKind::kChunkRetry:
      OnRetry(now, target);
      break;
    case EventKind::kPipeResume:
      PipeAt(target).wait = Pipe::Wait::kNo;
      MakeReady(target);
      break;
    case EventKind::kReadable:
      Drain(now, target);
      break;
    case EventKind::kFin:
      OnFin(now, target);
      break;
    case EventKind::kFinRetry:
      SendFin(now, target);
      break;
    case EventKind::kReset:
      CloseEnd(now, connection, static_cast<int>(1 - target % 2),
               absl::UnavailableError("the connection was reset"));
      break;
    default:
      CHECK(false);
  }
  Unpin(connection);
}

}  // namespace starling::sim
