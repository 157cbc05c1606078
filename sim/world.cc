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
      datagrams_(queue_, hosts_, links_, rules_, *this),
      streams_(queue_, hosts_, links_, rules_, *this, options.streams),
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
  seats_[node.value()].near = kNever;
  seats_[node.value()].far = kNever;
}

void World::Replace(NodeIndex node, std::unique_ptr<Participant> participant) {
  if (hosts_.is_up(node)) Crash(node);
  hosts_.Replace(node);
  hosts_.SetUp(node, false);
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
  while (queue_.next_time() <= end) {
    const Event event = queue_.Pop();
    ++events_;
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
  if (seat.participant->next_deadline() <= now) seat.participant->OnDeadline(now);
  Arm(now, node);
}

// Makes sure that an event wakes the node no later than its next deadline. Too early is harmless.
void World::Arm(Time now, NodeIndex node) {
  Seat& seat = seats_[node.value()];
  const Time deadline = seat.participant->next_deadline();
  if (deadline == kNever || seat.near <= deadline) return;
  const Time when = std::max(deadline, now);
  // When there are two already the nearer one is forgotten; its event will find nothing to do.
  if (seat.far == kNever) seat.far = seat.near;
  seat.near = when;
  queue_.Push(when, EventKind::kDeadline, node.value());
}

}  // namespace starling::sim
