// The way of the bytes through StreamNet: uplink, travel, downlink, handler.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "sim/stream_net.h"

namespace starling::sim {
namespace {

constexpr uint32_t kSegment = 1448;  // payload of a full packet
constexpr uint32_t kHeaders = 66;
constexpr uint32_t kFirstRound = 10 * kSegment;  // slow start begins with ten packets

uint64_t WireBytes(uint32_t bytes) {
  return bytes + uint64_t{kHeaders} * ((bytes + kSegment - 1) / kSegment);
}

}  // namespace

// Puts a pipe that has something to send at the end of its uplink's queue.
void StreamNet::MakeReady(Time now, uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  if (it.ready || it.wait != Pipe::Wait::kNo || it.lost > 0 || it.unsent <= it.serving) return;
  if (SenderOf(pipe).state != End::State::kOpen) return;
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
  WantTurn(now, node);
}

// The turn is an event of its own, so that all that a node sends at one moment shares a chunk.
void StreamNet::WantTurn(Time now, NodeIndex node) {
  Uplink& uplink = UplinkOf(node);
  if (uplink.turn_pending || uplink.serving_pipe != kNone || uplink.first_ready == kNone) return;
  uplink.turn_pending = true;
  queue_.Push(now, EventKind::kUplinkTurn, node.value(), 0);
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
  return static_cast<uint32_t>(std::min<uint64_t>(room, it.unsent));
}

void StreamNet::OnTurn(Time now, NodeIndex node) {
  Uplink& uplink = UplinkOf(node);
  uplink.turn_pending = false;
  while (uplink.serving_pipe == kNone && uplink.first_ready != kNone) {
    const uint32_t pipe = uplink.first_ready;
    Pipe& it = PipeAt(pipe);
    uplink.first_ready = it.next_ready;
    it.ready = false;
    const bool may_send = SenderOf(pipe).state == End::State::kOpen && it.lost == 0;
    const uint32_t bytes = may_send && it.unsent > 0 ? RoomOf(now, pipe) : 0;
    if (bytes > 0) {
      it.serving = bytes;
      it.round_sent += bytes;
      uplink.serving_pipe = pipe;
      uplink.serving_bytes = bytes;
      ++ConnectionOf(pipe).pins;
      queue_.Push(uplink.server.Serve(now, WireBytes(bytes)), EventKind::kUplinkDone, node.value());
    }
    Unpin(pipe / 2);  // its place in the queue
  }
}

void StreamNet::OnUplinkDone(Time now, NodeIndex node) {
  const uint32_t pipe = std::exchange(UplinkOf(node).serving_pipe, kNone);
  const uint32_t bytes = UplinkOf(node).serving_bytes;
  UplinkOf(node).bytes_sent += bytes;
  counts_.bytes_sent += bytes;
  Pipe& it = PipeAt(pipe);
  const uint64_t before = it.unsent;
  it.serving = 0;
  it.unsent -= bytes;
  it.in_flight += bytes;
  Depart(now, pipe, bytes);
  if (it.fin_wanted) SendFin(now, pipe);
  MakeReady(now, pipe);
  WantTurn(now, node);
  if (before >= Stream::kUnsentLow && it.unsent < Stream::kUnsentLow) {
    if (StreamHandler* handler = SenderOf(pipe).handler; handler != nullptr) {
      handler->OnSent(now);
      residents_.OnTouched(now, node);
    }
  }
  Unpin(pipe / 2);
}

Duration StreamNet::RoundTripOf(uint32_t pipe) {
  return links_.RoundTrip(hosts_.coordinates(SenderOf(pipe).node),
                          hosts_.coordinates(ReceiverOf(pipe).node));
}

std::optional<Time> StreamNet::ArrivalOf(Time now, uint32_t pipe, uint32_t bytes) {
  const End& from = SenderOf(pipe);
  const End& to = ReceiverOf(pipe);
  const uint64_t number = packets_++;
  Duration travel =
      links_.OneWay(hosts_.coordinates(from.node), hosts_.coordinates(to.node), number);
  if (!rules_.empty() && from.node != to.node) {
    const Verdict verdict = rules_.Judge({now, from.node, to.node, bytes, number, true}, travel);
    if (verdict.action == Verdict::Action::kDrop) return std::nullopt;
    if (verdict.action == Verdict::Action::kDeliver) travel = verdict.after;
  }
  Pipe& it = PipeAt(pipe);
  it.last_arrival = std::max(it.last_arrival, now + travel);  // a connection keeps its order
  return it.last_arrival;
}

void StreamNet::Depart(Time now, uint32_t pipe, uint32_t bytes) {
  if (!IsPresent(SenderOf(pipe))) return;  // it lost its power while it was sending
  const std::optional<Time> arrival = ArrivalOf(now, pipe, bytes);
  if (arrival.has_value()) {
    Schedule(*arrival, EventKind::kChunkArrival, pipe / 2, pipe, bytes);
  } else {
    OnLost(now, pipe, bytes);
  }
}

// Bytes did not arrive: they and all that follow wait, longer each time.
void StreamNet::OnLost(Time now, uint32_t pipe, uint32_t bytes) {
  Pipe& it = PipeAt(pipe);
  const bool already_waiting = it.lost > 0;
  it.lost += bytes;
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
  if (now - it.lost_since >= options_.give_up_after) {
    it.fin_wanted = false;
    ++counts_.timed_out;
    CloseEnd(now, pipe / 2, static_cast<int>(pipe % 2),
             absl::DeadlineExceededError("the connection timed out"));
    return;
  }
  if (!IsPresent(SenderOf(pipe))) return;
  Depart(now, pipe, bytes);
  if (it.lost > 0) return;
  if (it.fin_wanted) SendFin(now, pipe);
  MakeReady(now, pipe);
}

void StreamNet::OnArrival(Time now, uint32_t pipe, uint32_t bytes) {
  const End& receiver = ReceiverOf(pipe);
  if (!IsPresent(receiver)) {
    OnLost(now, pipe, bytes);
    return;
  }
  PipeAt(pipe).retries = 0;
  Downlink& downlink = DownlinkOf(receiver.node);
  downlink.bytes_received += bytes;
  if (downlink.server.rate() == 0) {
    OnDelivery(now, pipe, bytes);
    return;
  }
  Schedule(downlink.server.Serve(now, WireBytes(bytes)), EventKind::kChunkDelivery, pipe / 2, pipe,
           bytes);
}

void StreamNet::OnDelivery(Time now, uint32_t pipe, uint32_t bytes) {
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

// Forgets what the uplink has not begun to serve.
void StreamNet::DropUnsent(uint32_t pipe) {
  Pipe& it = PipeAt(pipe);
  slices_.Truncate(it.queue, size_t{it.in_flight} + it.serving);
  it.unsent = it.serving;
}

}  // namespace starling::sim
