// The way of the bytes through StreamNet: uplink, travel, downlink, handler.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "dht/prefetch.h"
#include "sim/stream_net.h"

namespace starling::sim {
namespace {

constexpr uint32_t kSegment = 1448;  // payload of a full packet
constexpr uint32_t kHeaders = 66;
constexpr uint32_t kFirstRound = 10 * kSegment;  // slow start begins with ten packets
constexpr uint32_t kTiny = 512;                  // takes less time than the jitter of any path

}  // namespace

uint64_t StreamNet::WireBytes(uint32_t bytes) const {
  if (!options_.headers) return bytes;
  return bytes + uint64_t{kHeaders} * ((bytes + kSegment - 1) / kSegment);
}

bool StreamNet::HasBytes(uint32_t pipe) {
  const Pipe& it = PipeAt(pipe);
  if (it.lost > 0) return false;
  return it.resend > 0 || (it.unsent > 0 && SenderOf(pipe).state == End::State::kOpen);
}

// Puts a pipe that has something to send at the end of its uplink's queue.
void StreamNet::MakeReady(uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  if (it.ready || it.wait != Pipe::Wait::kNo || !HasBytes(pipe)) return;
  const NodeIndex node = SenderOf(pipe).node;
  Uplink& uplink = UplinkOf(node);
  it.ready = true;
  it.next_ready = kNone;
  ++ConnectionOf(pipe).pins;  // its place in the queue
  if (uplink.first_ready == kNone) {
    uplink.first_ready = pipe;
  } else {
    PipeAt(uplink.last_ready).next_ready = pipe;
  }
  uplink.last_ready = pipe;
  WantTurn(node);
}

void StreamNet::WantTurn(NodeIndex node) {
  Uplink& uplink = UplinkOf(node);
  if (uplink.turn_pending || uplink.unsettled || uplink.first_ready == kNone) return;
  uplink.unsettled = true;
  unsettled_.push_back(node);
}

void StreamNet::Settle(Time now) {
  // Handlers run on the way and may unsettle more.
  for (size_t i = 0; i < unsettled_.size(); ++i) ServeUplink(now, unsettled_[i]);
  unsettled_.clear();
}

// Does the first in the queue have to wait? The queue is first come first served, so whoever is
// next stays next: what is too small to be worth an event may be given its time in advance.
bool StreamNet::IsBusyFor(Time now, const Uplink& uplink) {
  const Duration ahead = uplink.server.free_from() - now;
  if (ahead <= Duration(0)) return false;
  const Pipe& first = PipeAt(uplink.first_ready);
  return first.resend + first.unsent > kSegment || ahead > uplink.ahead_max;
}

void StreamNet::ServeUplink(Time now, NodeIndex node) {
  while (UplinkOf(node).first_ready != kNone) {
    Uplink& uplink = UplinkOf(node);
    if (IsBusyFor(now, uplink)) {
      uplink.turn_pending = true;
      queue_.Push(uplink.server.free_from(), EventKind::kUplinkTurn, node.value());
      break;
    }
    const uint32_t pipe = uplink.first_ready;
    uplink.first_ready = PipeAt(pipe).next_ready;
    PipeAt(pipe).ready = false;
    ServePipe(now, node, pipe);
    Unpin(pipe / 2);  // its place in the queue
  }
  UplinkOf(node).unsettled = false;
}

// Sends one chunk, if the pipe may.
void StreamNet::ServePipe(Time now, NodeIndex node, uint32_t pipe) {
  // A host that lost its power leaves what it had.
  if (!HasBytes(pipe) || !IsPresent(SenderOf(pipe))) return;
  const uint32_t bytes = RoomOf(now, pipe);
  if (bytes == 0) return;
  Pipe& it = PipeAt(pipe);
  const uint32_t again = std::min(bytes, it.resend);
  const uint64_t before = it.unsent;
  it.resend -= again;
  it.unsent -= bytes - again;
  it.in_flight += bytes;
  it.round_sent += bytes;
  counts_.bytes_sent += bytes - again;

  Uplink& uplink = UplinkOf(node);
  const uint64_t wire_bytes = WireBytes(bytes);
  const Time done = uplink.server.Serve(now, wire_bytes);
  uplink.meter.OnPassed(done, wire_bytes);
  uplink.sent += bytes - again;
  uplink.wire_sent += wire_bytes;
  Depart(done, pipe, bytes);
  if (it.fin_wanted) SendFin(done, pipe);
  MakeReady(pipe);
  if (before >= Stream::kUnsentLow && it.unsent < Stream::kUnsentLow) {
    if (StreamHandler* handler = SenderOf(pipe).handler; handler != nullptr) {
      handler->OnSent(now);
      residents_.OnTouched(now, node);
    }
  }
}

// Room for a chunk that is worth sending.
bool StreamNet::HasWindow(const Pipe& pipe) const {
  return pipe.in_flight + std::min(options_.quantum, options_.window / 2) <= options_.window;
}

// How much of the pipe may leave now: its window and its slow start. 0 if it has to wait, in which
// case something will make it ready again.
uint32_t StreamNet::RoomOf(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  if (!HasWindow(it)) {
    it.wait = Pipe::Wait::kForWindow;  // Drain() ends it
    return 0;
  }
  uint32_t room = std::min(options_.quantum, options_.window - it.in_flight);
  if (options_.slow_start && it.round_cap < options_.window) {
    const Duration round_trip = RoundTripOf(pipe);
    if (it.round_cap == 0) {
      it.round_cap = kFirstRound;
      it.round_start = now;
    } else if (now - it.round_start >= round_trip) {
      // Only a round that was used up shows that the path carries more.
      if (it.round_sent >= it.round_cap) it.round_cap *= 2;
      it.round_start = now;
      it.round_sent = 0;
    }
    if (it.round_sent >= it.round_cap) {
      it.wait = Pipe::Wait::kForResume;
      Schedule(it.round_start + round_trip, EventKind::kPipeResume, pipe / 2, pipe, 0);
      return 0;
    }
    room = std::min(room, it.round_cap - it.round_sent);
  }
  return static_cast<uint32_t>(std::min<uint64_t>(room, it.resend + it.unsent));
}

Duration StreamNet::RoundTripOf(uint32_t pipe) {
  const NodeIndex from = SenderOf(pipe).node;
  const NodeIndex to = ReceiverOf(pipe).node;
  const Duration direct = links_.RoundTrip(hosts_.coordinates(from), hosts_.coordinates(to));
  return groups_.empty() ? direct : direct + 2 * groups_.Latency(from, to);
}

std::optional<Time> StreamNet::ArrivalOf(Time when, uint32_t pipe, uint32_t bytes) {
  const NodeIndex from = SenderOf(pipe).node;
  const NodeIndex to = ReceiverOf(pipe).node;
  const uint64_t number = packets_++;
  Duration travel = links_.OneWay(hosts_.coordinates(from), hosts_.coordinates(to), number);
  if (!groups_.empty()) travel += groups_.Latency(from, to);
  if (!rules_.empty() && from != to) {
    const Verdict verdict = rules_.Judge({when, from, to, bytes, number, true}, travel);
    if (verdict.action == Verdict::Action::kDrop) return std::nullopt;
    if (verdict.action == Verdict::Action::kDeliver) travel = verdict.after;
  }
  Pipe& it = PipeAt(pipe);
  it.last_arrival = std::max(it.last_arrival, when + travel);  // a connection keeps its order
  return it.last_arrival;
}

// A chunk has left its uplink.
void StreamNet::Depart(Time when, uint32_t pipe, uint32_t bytes) {
  if (!groups_.empty() &&
      groups_.LinksBeforeTravel(SenderOf(pipe).node, ReceiverOf(pipe).node) > 0) {
    Schedule(when, EventKind::kSharedLink, pipe / 2, pipe, bytes);
  } else {
    Travel(when, pipe, bytes);
  }
}

// The `step`-th link on the way that a group shares. Its queue is in the order of arrival, so each
// costs an event.
void StreamNet::OnSharedLink(Time now, uint32_t pipe, uint32_t step, uint32_t bytes) {
  // Whoever took the place of an end may be in another group: the way that was begun is no more.
  if (IsReplaced(SenderOf(pipe)) || IsReplaced(ReceiverOf(pipe))) {
    Schedule(now, EventKind::kChunkArrival, pipe / 2, pipe, bytes);
    return;
  }
  const NodeIndex from = SenderOf(pipe).node;
  const NodeIndex to = ReceiverOf(pipe).node;
  RateServer* link = groups_.LinkAt(from, to, step);
  CHECK(link != nullptr);
  const Time passed = link->Serve(now, WireBytes(bytes));
  if (step + 1 == groups_.LinksBeforeTravel(from, to)) {
    Travel(passed, pipe, bytes);
  } else if (groups_.LinkAt(from, to, step + 1) != nullptr) {
    Schedule(passed, EventKind::kSharedLink, pipe / 2, pipe, (step + 1) * kStep + bytes);
  } else {
    Schedule(passed, EventKind::kChunkArrival, pipe / 2, pipe, bytes);
  }
}

void StreamNet::Travel(Time when, uint32_t pipe, uint32_t bytes) {
  const std::optional<Time> arrival = ArrivalOf(when, pipe, bytes);
  if (!arrival.has_value()) {
    OnLost(when, pipe, bytes);
    return;
  }
  if (!groups_.empty()) {
    const NodeIndex from = SenderOf(pipe).node;
    const NodeIndex to = ReceiverOf(pipe).node;
    const uint32_t step = groups_.LinksBeforeTravel(from, to);
    if (groups_.LinkAt(from, to, step) != nullptr) {
      Schedule(*arrival, EventKind::kSharedLink, pipe / 2, pipe, step * kStep + bytes);
      return;
    }
  }
  Schedule(*arrival, EventKind::kChunkArrival, pipe / 2, pipe, bytes);
}

// Bytes did not arrive: they and all that follow wait, longer each time.
void StreamNet::OnLost(Time now, uint32_t pipe, uint32_t bytes) {
  Pipe& it = PipeAt(pipe);
  const bool already_waiting = it.lost > 0;
  it.lost += bytes;
  it.round_cap = 0;  // slow start begins again
  it.round_sent = 0;
  if (already_waiting) return;
  if (it.retries == 0) it.lost_since = now;
  const Duration pause = milliseconds(200 << std::min<int>(it.retries, 7));
  if (it.retries < 255) ++it.retries;
  const Time last = it.lost_since + options_.give_up_after;
  const Time again = std::min(now + RoundTripOf(pipe) + pause, std::max(last, now));
  Schedule(again, EventKind::kChunkRetry, pipe / 2, pipe, 0);
}

void StreamNet::OnRetry(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  const uint32_t bytes = std::exchange(it.lost, 0);
  it.in_flight -= bytes;
  it.resend += bytes;
  if (now - it.lost_since >= options_.give_up_after) {
    it.fin_wanted = false;
    counts_.bytes_lost += std::exchange(it.resend, 0);
    ++counts_.timed_out;
    CloseEnd(now, pipe / 2, static_cast<int>(pipe % 2),
             absl::DeadlineExceededError("the connection timed out"));
    return;
  }
  MakeReady(pipe);
}

void StreamNet::OnArrival(Time now, uint32_t pipe, uint32_t bytes) {
  const End& receiver = ReceiverOf(pipe);
  if (!IsPresent(receiver)) {
    OnLost(now, pipe, bytes);
    return;
  }
  PipeAt(pipe).retries = 0;
  RateServer& server = DownlinkOf(receiver.node).server;
  const bool is_idle = server.free_from() <= now;
  const Time passed = server.Serve(now, WireBytes(bytes));
  if (passed == now || (is_idle && bytes <= kTiny)) {
    OnDelivery(now, pipe, bytes);
  } else {
    Schedule(passed, EventKind::kChunkDelivery, pipe / 2, pipe, bytes);
  }
}

void StreamNet::OnDelivery(Time now, uint32_t pipe, uint32_t bytes) {
  Downlink& downlink = DownlinkOf(ReceiverOf(pipe).node);
  const uint64_t wire_bytes = WireBytes(bytes);
  downlink.meter.OnPassed(now, wire_bytes);
  downlink.received += bytes;
  downlink.wire_received += wire_bytes;
  PipeAt(pipe).arrived += bytes;
  Drain(now, pipe);
}

// Gives the receiver what has arrived, as long as it reads.
void StreamNet::Drain(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  End& receiver = ReceiverOf(pipe);
  const bool had_data = it.arrived > 0;
  while (it.arrived > 0) {
    const bool is_open = receiver.state == End::State::kOpen;
    if (is_open && !receiver.reading) break;
    Slice bytes = slices_.Take(it.queue, it.arrived);
    it.arrived -= static_cast<uint32_t>(bytes.size());
    it.in_flight -= static_cast<uint32_t>(bytes.size());
    if (is_open) {
      counts_.bytes_delivered += bytes.size();
      CHECK(receiver.handler != nullptr);
      receiver.handler->OnData(now, std::move(bytes));
    } else {
      counts_.bytes_dropped += bytes.size();
    }
  }
  if (had_data) {
    if (receiver.state == End::State::kOpen) {
      residents_.OnTouched(now, receiver.node);
    } else if (!receiver.said_goodbye && IsPresent(receiver)) {
      SendReset(now, pipe);
    }
    if (it.wait == Pipe::Wait::kForWindow && HasWindow(it)) {
      it.wait = Pipe::Wait::kForResume;  // the news travels back
      Schedule(now + RoundTripOf(pipe) / 2, EventKind::kPipeResume, pipe / 2, pipe, 0);
    }
  }
  if (it.fin_arrived && it.in_flight == 0 && receiver.reading) {
    CloseEnd(now, pipe / 2, static_cast<int>(1 - pipe % 2), absl::OkStatus());
  }
}

NodeIndex StreamNet::ReceiverOf(const Event& event) const {
  return ConnectionAt(event.target / 2).ends[1 - event.target % 2].node;
}

void StreamNet::Prefetch(const Event& event, int step) const {
  // The part of a handler that nearly every message touches. What it is, is none of our business.
  constexpr size_t kHandlerBytes = 1024;
  const Connection& connection = ConnectionAt(event.target / 2);
  if (step == 0) {
    dht::PrefetchLines(&connection, sizeof(connection));
    return;
  }
  const Pipe& pipe = connection.pipes[event.target % 2];
  const End& receiver = connection.ends[1 - event.target % 2];
  if (step == 1) {
    slices_.Prefetch(pipe.queue);
    hosts_.Prefetch(receiver.node);
    if (receiver.node.value() < downlinks_.size()) {
      dht::PrefetchLines(&downlinks_[receiver.node.value()], sizeof(Downlink));
      dht::PrefetchLines(&uplinks_[receiver.node.value()], sizeof(Uplink));
    }
    if (receiver.handler != nullptr) dht::PrefetchLines(receiver.handler, kHandlerBytes);
    return;
  }
  slices_.PrefetchBytes(pipe.queue);
}

// Forgets what was never sent.
void StreamNet::DropUnsent(uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  slices_.Truncate(it.queue, size_t{it.in_flight} + it.resend);
  it.unsent = 0;
}

uint64_t StreamNet::BytesInFlight() const {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < connections_made_; ++i) {
    const Connection& each = blocks_[i / kConnectionsABlock][i % kConnectionsABlock];
    for (const Pipe& pipe : each.pipes) bytes += pipe.in_flight + pipe.resend;
  }
  return bytes;
}

absl::Status StreamNet::CheckCapacity() const {
  // A chunk that has just passed, a packet that passed an idle link at once, and what the rounding
  // of two times to microseconds hides.
  const uint64_t chunks = WireBytes(options_.quantum) + WireBytes(kTiny);
  const auto is_above = [chunks](const CapacityMeter& meter) {
    return meter.burst() > chunks + 2 * meter.rate() / 1'000'000;
  };
  for (size_t i = 0; i < uplinks_.size(); ++i) {
    if (!is_above(uplinks_[i].meter)) continue;
    return absl::InternalError(absl::StrCat("node ", i, " sent ", uplinks_[i].meter.burst(),
                                            " bytes more than its uplink carries"));
  }
  for (size_t i = 0; i < downlinks_.size(); ++i) {
    if (!is_above(downlinks_[i].meter)) continue;
    return absl::InternalError(absl::StrCat("node ", i, " got ", downlinks_[i].meter.burst(),
                                            " bytes more than its downlink carries"));
  }
  return absl::OkStatus();
}

}  // namespace starling::sim
