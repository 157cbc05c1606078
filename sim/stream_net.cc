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
  void Send(Time now, Slice bytes) override { net_.Send(now, pipe_, std::move(bytes)); }
  size_t unsent() const override { return net_.unsent(pipe_); }
  void SetReading(Time now, bool on) override { net_.SetReading(now, pipe_, on); }
  Endpoint remote() const override { return net_.RemoteOf(pipe_); }

 private:
  StreamNet& net_;
  uint32_t pipe_;  // what this end sends
};

StreamNet::StreamNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links,
                     const Rules& rules, Residents& residents, const StreamOptions& options)
    : queue_(queue),
      hosts_(hosts),
      links_(links),
      rules_(rules),
      residents_(residents),
      options_(options) {}

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
  UplinkOf(node).server.SetRate(rates.up);
  DownlinkOf(node).server.SetRate(rates.down);
}

uint64_t StreamNet::bytes_sent(NodeIndex node) const {
  return node.value() < uplinks_.size() ? uplinks_[node.value()].bytes_sent : 0;
}

uint64_t StreamNet::bytes_received(NodeIndex node) const {
  return node.value() < downlinks_.size() ? downlinks_[node.value()].bytes_received : 0;
}

uint32_t StreamNet::TakeConnection() {
  uint32_t index = static_cast<uint32_t>(connections_.size());
  if (free_connections_.empty()) {
    connections_.emplace_back();
  } else {
    index = free_connections_.back();
    free_connections_.pop_back();
    connections_[index] = Connection{};
  }
  connections_[index].in_use = true;
  return index;
}

// An event that refers to `connection` keeps its place from being given to another.
void StreamNet::Schedule(Time time, EventKind kind, uint32_t connection, uint32_t target,
                         uint32_t payload) {
  ++connections_[connection].pins;
  queue_.Push(time, kind, target, payload);
}

void StreamNet::Unpin(uint32_t connection) {
  Connection& it = connections_[connection];
  CHECK(it.pins > 0);
  if (--it.pins > 0 || it.ends[0].has_stream || it.ends[1].has_stream) return;
  for (Pipe& pipe : it.pipes) slices_.Truncate(pipe.queue, 0);
  it.in_use = false;
  free_connections_.push_back(connection);
}

// Is the host of this end still the one that made it, and up?
bool StreamNet::IsPresent(const End& end) const {
  return hosts_.is_up(end.node) && hosts_.generation(end.node) == end.generation;
}

std::unique_ptr<Stream> StreamNet::Dial(Time now, NodeIndex from, const Endpoint& to) {
  ++counts_.dialled;
  const uint32_t index = TakeConnection();
  Connection& connection = connections_[index];
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
  Connection& it = connections_[connection];
  if (it.ends[0].state != End::State::kOpening) return;
  if (now - it.dialled >= options_.connect_timeout) {
    ++counts_.timed_out;
    CloseEnd(now, connection, 0, absl::DeadlineExceededError("the connection was not answered"));
    return;
  }
  const std::optional<NodeIndex> target = hosts_.Find(it.to);
  if (!target.has_value() || it.to.port == 0) {
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

// The request is repeated after 1, 3, 7, ... seconds, as TCP does.
void StreamNet::RetryDial(Time now, uint32_t connection, uint32_t attempt) {
  const Time last = connections_[connection].dialled + options_.connect_timeout;
  const Time next = now + seconds(int64_t{1} << std::min(attempt, 6u));
  Schedule(std::min(next, std::max(last, now)), EventKind::kDial, connection, connection,
           attempt + 1);
}

void StreamNet::OnSyn(Time now, uint32_t connection, uint32_t attempt) {
  Connection& it = connections_[connection];
  if (it.ends[0].state != End::State::kOpening) return;
  End& end = it.ends[1];
  if (!IsPresent(end)) {
    RetryDial(now, connection, attempt);
    return;
  }
  const uint32_t back = connection * 2 + 1;
  const Duration travel =
      links_.OneWay(hosts_.coordinates(end.node), hosts_.coordinates(it.ends[0].node), packets_++);
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
  Connection& it = connections_[connection];
  if (it.ends[0].state != End::State::kOpening) return;
  it.ends[0].state = End::State::kOpen;
  MakeReady(now, connection * 2);
  CHECK(it.ends[0].handler != nullptr);
  it.ends[0].handler->OnOpen(now);
  residents_.OnTouched(now, it.ends[0].node);
}

// The network closes an end: its handler is told, once and last.
void StreamNet::CloseEnd(Time now, uint32_t connection, int side, absl::Status why) {
  End& end = connections_[connection].ends[side];
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

void StreamNet::Send(Time now, uint32_t pipe, Slice bytes) {
  const End& end = SenderOf(pipe);
  if (bytes.empty() || end.state == End::State::kClosed) return;
  Pipe& it = PipeAt(pipe);
  it.unsent += bytes.size();
  slices_.Append(it.queue, std::move(bytes));
  if (end.state == End::State::kOpen) MakeReady(now, pipe);
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
  ++connections_[connection].pins;
  if (end.state != End::State::kClosed) {
    const bool was_known = end.state == End::State::kOpen || ReceiverOf(pipe).has_stream;
    end.state = End::State::kClosed;
    DropUnsent(pipe);
    // A host without power says no goodbye.
    if (was_known && IsPresent(end)) SendFin(queue_.now(), pipe);
  }
  Unpin(connection);
}

// The goodbye follows the last byte. Bytes that the uplink serves now or that wait to be sent again
// go first; whoever finishes them calls again.
void StreamNet::SendFin(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  SenderOf(pipe).said_goodbye = true;
  it.fin_wanted = true;
  if (it.serving > 0 || it.lost > 0) return;
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
      return OnTurn(now, NodeIndex(target));
    case EventKind::kUplinkDone:
      return OnUplinkDone(now, NodeIndex(target));
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
      MakeReady(now, target);
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
