#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::sim {
namespace {

// Slots of the event queue: 1 ms for the Internet, 16 us where everything is near.
int SlotBits(const LinkOptions& link) { return link.profile == LatencyProfile::kLan ? 4 : 10; }

}  // namespace

World::World(const WorldOptions& options)
    : options_(options),
      queue_(SlotBits(options.link)),
      links_(options.link, options.seed),
      hosts_(AddressPlan(options.space, options.slot_bits), links_),
      datagrams_(queue_, hosts_, links_, groups_, rules_, *this),
      streams_(queue_, hosts_, links_, groups_, rules_, *this, options.streams),
      disks_(queue_, *this),
      services_(queue_, hosts_, *this) {
  trace_.Fold(options.seed);
}

World::~World() {
  // In an order that is always the same, while all hosts are still there to close connections.
  for (Seat& seat : seats_) seat.participant.reset();
}

NodeIndex World::AddHost() {
  const NodeIndex node = hosts_.Add();
  hosts_.SetUp(node, false);
  seats_.emplace_back();
  return node;
}

void World::SetParticipant(NodeIndex node, std::unique_ptr<Participant> participant) {
  CHECK(!hosts_.is_up(node));
  seats_[node.value()].participant = std::move(participant);
}

void World::PowerOn(NodeIndex node) {
  CHECK(!hosts_.is_up(node));
  hosts_.SetUp(node, true);
  participant(node)->OnPowerOn(now());
  Arm(now(), node);
}

void World::PowerOff(NodeIndex node) {
  CHECK(hosts_.is_up(node));
  participant(node)->OnPowerOff(now());
  TurnOff(node);
}

void World::Crash(NodeIndex node) {
  CHECK(hosts_.is_up(node));
  TurnOff(node);
  participant(node)->OnPowerOff(now());
}

void World::TurnOff(NodeIndex node) {
  hosts_.SetUp(node, false);
  seats_[node.value()].deadline = kNever;
  seats_[node.value()].near = kNever;
  seats_[node.value()].far = kNever;
}

void World::Renew(NodeIndex node) {
  if (hosts_.is_up(node)) Crash(node);
  hosts_.Replace(node);
  hosts_.SetUp(node, false);
  groups_.TakeOut(node);
  datagrams_.Forget(node);
}

void World::Replace(NodeIndex node, std::unique_ptr<Participant> participant) {
  Renew(node);
  SetParticipant(node, std::move(participant));
}

void World::Touch(NodeIndex node) {
  if (hosts_.is_up(node)) Arm(now(), node);
}

void World::At(Time when, absl::AnyInvocable<void(Time now)> step) {
  uint32_t index = static_cast<uint32_t>(script_.size());
  if (free_script_.empty()) {
    script_.push_back(std::move(step));
  } else {
    index = free_script_.back();
    free_script_.pop_back();
    script_[index] = std::move(step);
  }
  queue_.Push(when, EventKind::kScript, index);
}

void World::RunUntil(Time end) {
  for (;;) {
    streams_.Settle(now());
    if (queue_.next_time() > end) break;
    const Event event = queue_.Pop();
    ++events_;
    PrefetchComing();
    Trace(event);
    Dispatch(event);
  }
  queue_.AdvanceTo(end);
}

bool World::RunUntil(Time end, Duration every, absl::FunctionRef<bool()> done) {
  while (!done()) {
    if (now() >= end) return false;
    RunUntil(std::min(end, now() + every));
  }
  return true;
}

// In steps, because each pointer must have arrived before the next can be followed: the seat or the
// connection, the participant or the handler, what it points to.
void World::PrefetchComing() {
  constexpr size_t kSeat = 12;
  constexpr size_t kParticipant = 9;
  constexpr size_t kStep0 = 6;
  constexpr size_t kStep1 = 3;
  if (const Event* event = queue_.Coming(kSeat)) PrefetchSeat(*event);
  if (const Event* event = queue_.Coming(kParticipant)) {
    if (const Participant* who = ConcernedBy(*event)) __builtin_prefetch(who);
    if (CarriesBytes(*event)) {
      streams_.Prefetch(*event, 1);
      __builtin_prefetch(&seats_[streams_.ReceiverOf(*event).value()]);
    }
  }
  if (const Event* event = queue_.Coming(kStep0)) {
    if (const Participant* who = ConcernedBy(*event)) who->Prefetch(0);
    if (CarriesBytes(*event)) {
      streams_.Prefetch(*event, 2);
      __builtin_prefetch(seats_[streams_.ReceiverOf(*event).value()].participant.get());
    }
  }
  if (const Event* event = queue_.Coming(kStep1)) {
    const bool is_datagram = event->kind() == EventKind::kDatagram;
    if (const Participant* who = ConcernedBy(*event)) who->Prefetch(is_datagram ? 1 : 2);
    if (is_datagram) datagrams_.PrefetchSender(*event);
    if (CarriesBytes(*event)) {
      if (const Participant* who = ReceiverOf(*event)) who->Prefetch(0);
    }
  }
  if (const Event* event = queue_.Coming(1); event != nullptr && CarriesBytes(*event)) {
    if (const Participant* who = ReceiverOf(*event)) who->Prefetch(1);
  }
}

// Null where whoever lived there has left.
const Participant* World::ReceiverOf(const Event& event) const {
  return seats_[streams_.ReceiverOf(event).value()].participant.get();
}

bool World::CarriesBytes(const Event& event) {
  return event.kind() == EventKind::kChunkArrival || event.kind() == EventKind::kChunkDelivery;
}

void World::PrefetchSeat(const Event& event) const {
  if (CarriesBytes(event)) return streams_.Prefetch(event, 0);
  const bool is_datagram = event.kind() == EventKind::kDatagram;
  if (!is_datagram && event.kind() != EventKind::kDeadline) return;
  __builtin_prefetch(&seats_[event.target]);
  hosts_.Prefetch(NodeIndex(event.target));
  if (is_datagram) datagrams_.Prefetch(event);
}

// Whom a datagram or a deadline concerns; a deadline that was overtaken concerns nobody but the
// seat.
const Participant* World::ConcernedBy(const Event& event) const {
  const bool is_deadline = event.kind() == EventKind::kDeadline;
  if (!is_deadline && event.kind() != EventKind::kDatagram) return nullptr;
  const Seat& seat = seats_[event.target];
  return is_deadline && seat.deadline > event.time ? nullptr : seat.participant.get();
}

void World::Trace(const Event& event) {
  trace_.Fold(static_cast<uint64_t>(event.time.time_since_epoch().count()));
  trace_.Fold(uint64_t{event.target} << 8 | (event.order & 0xff));
  if (event.kind() == EventKind::kDatagram) {
    trace_.Fold(datagrams_.BytesOf(event));
  } else {
    trace_.Fold(event.payload);
  }
}

void World::Dispatch(const Event& event) {
  switch (event.kind()) {
    case EventKind::kScript: {
      // Taken out first, because it may add steps.
      absl::AnyInvocable<void(Time)> step = std::move(script_[event.target]);
      free_script_.push_back(event.target);
      step(event.time);
      return;
    }
    case EventKind::kDeadline:
      return OnDeadline(event.time, NodeIndex(event.target));
    case EventKind::kDatagram:
      return datagrams_.OnEvent(event);
    case EventKind::kDisk:
      return disks_.OnEvent(event);
    case EventKind::kService:
      return services_.OnEvent(event);
    default:
      return streams_.OnEvent(event);
  }
}

void World::OnDatagram(Time now, NodeIndex node, const Endpoint& from, ByteView bytes) {
  participant(node)->OnDatagram(now, from, bytes);
  Arm(now, node);
}

void World::OnStream(Time now, NodeIndex node, std::unique_ptr<Stream> stream) {
  participant(node)->OnStream(now, std::move(stream));
  Arm(now, node);
}

void World::OnTouched(Time now, NodeIndex node) {
  if (hosts_.is_up(node)) Arm(now, node);
}

void World::OnDeadline(Time now, NodeIndex node) {
  Seat& seat = seats_[node.value()];
  if (now == seat.near) {
    seat.near = std::exchange(seat.far, kNever);
  } else if (now == seat.far) {
    seat.far = kNever;
  } else {
    return;  // of a host that was off in between, or overtaken
  }
  if (!hosts_.is_up(node)) return;
  // Most have nothing to do: what they waited for came in time. They are not even looked at.
  if (seat.deadline > now) return Arm(now, node, seat);
  if (seat.participant->next_deadline() <= now) seat.participant->OnDeadline(now);
  Arm(now, node);
}

// Makes sure that an event wakes the node no later than its next deadline. Too early is harmless.
void World::Arm(Time now, NodeIndex node) {
  Seat& seat = seats_[node.value()];
  seat.deadline = seat.participant->next_deadline();
  Arm(now, node, seat);
}

void World::Arm(Time now, NodeIndex node, Seat& seat) {
  if (seat.deadline == kNever || seat.near <= seat.deadline) return;
  const Time when = std::max(seat.deadline, now);
  // When there are two already the nearer one is forgotten; its event will find nothing to do.
  if (seat.far == kNever) seat.far = seat.near;
  seat.near = when;
  queue_.Push(when, EventKind::kDeadline, node.value());
}

}  // namespace starling::sim
