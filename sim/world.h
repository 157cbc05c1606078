// A simulated world: hosts with whatever lives on them, the networks between them, their disks, and
// the loop that gives each event to whom it concerns. One seed, one run: everything that happens is
// folded into a trace hash.
//
//   World world({.seed = 7});
//   DhtHost& node = AddDhtHost(world, {});
//   world.RunFor(minutes(10));
//   world.At(world.now() + seconds(5), [&](Time now) { ... });
//
// Between events scenario code may command participants at will; it tells the world which ones with
// Touch(), since their next deadline may have changed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "base/random.h"
#include "sim/addresses.h"
#include "sim/datagram_net.h"
#include "sim/event_queue.h"
#include "sim/groups.h"
#include "sim/hosts.h"
#include "sim/link_model.h"
#include "sim/participant.h"
#include "sim/residents.h"
#include "sim/rules.h"
#include "sim/services.h"
#include "sim/sim_store.h"
#include "sim/stream_net.h"
#include "sim/trace_hash.h"

namespace starling::sim {

// What draws of one seed are for; each (seed, node, purpose) has a stream of its own.
enum class Purpose : uint64_t { kProtocol = 1, kScenario, kPopulation, kPhase, kBehaviour };

struct WorldOptions {
  uint64_t seed = 1;
  AddressPlan::Space space = AddressPlan::Space::kPublic;
  int slot_bits = 21;  // room for so many hosts: 2^slot_bits
  LinkOptions link{};
  StreamOptions streams{};
};

class World final : private Residents {
 public:
  explicit World(const WorldOptions& options);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Hosts. A new one is off until PowerOn.
  NodeIndex AddHost();
  void SetParticipant(NodeIndex node, std::unique_ptr<Participant> participant);
  void PowerOn(NodeIndex node);
  // Its connections are closed as an operating system closes those of a process that ended.
  void PowerOff(NodeIndex node);
  // All at once, without a goodbye: the others find out by themselves.
  void Crash(NodeIndex node);
  // For good: another host, with another address, takes the slot. It is off, and without
  // SetParticipant nobody lives there.
  void Renew(NodeIndex node);
  void Replace(NodeIndex node, std::unique_ptr<Participant> participant);
  void SetListening(NodeIndex node, bool on) { hosts_.SetListening(node, on); }
  // Everybody is public and in no group unless told; so is whoever takes a slot with Renew.
  void SetReachability(NodeIndex node, Reachability reachability) {
    hosts_.SetReachability(node, reachability);
  }
  void Touch(NodeIndex node);

  // Time.
  Time now() const { return queue_.now(); }
  void At(Time when, absl::AnyInvocable<void(Time now)> step);
  void RunFor(Duration length) { RunUntil(now() + length); }
  void RunUntil(Time end);
  // Until `done`, which is asked about `every` so often; false if that does not come by `end`.
  bool RunUntil(Time end, Duration every, absl::FunctionRef<bool()> done);

  // The parts.
  uint64_t seed() const { return options_.seed; }
  // Of the host that has the slot now; one that takes it later draws otherwise.
  SeededRandom RandomFor(NodeIndex node, Purpose purpose) const {
    const uint64_t who = uint64_t{hosts_.generation(node)} << 32 | node.value();
    return SeededRandom::For(options_.seed, who, static_cast<uint64_t>(purpose));
  }
  const Hosts& hosts() const { return hosts_; }
  Endpoint endpoint(NodeIndex node) const { return hosts_.endpoint(node); }
  Participant* participant(NodeIndex node) { return seats_[node.value()].participant.get(); }
  const LinkModel& links() const { return links_; }
  Groups& groups() { return groups_; }
  Rules& rules() { return rules_; }
  DatagramNet& datagrams() { return datagrams_; }
  StreamNet& streams() { return streams_; }
  const StreamNet& streams() const { return streams_; }
  Disks& disks() { return disks_; }
  Services& services() { return services_; }
  uint64_t events() const { return events_; }
  uint64_t trace_hash() const { return trace_.value(); }

 private:
  // A participant and when it will be woken. Two times are kept, so that a node whose near
  // deadlines come and go does not leave an event for its far one each time.
  struct Seat {
    std::unique_ptr<Participant> participant;
    Time deadline = kNever;  // what the participant said last
    Time near = kNever;
    Time far = kNever;
  };

  void OnDatagram(Time now, NodeIndex node, const Endpoint& from, ByteView bytes) override;
  void OnStream(Time now, NodeIndex node, std::unique_ptr<Stream> stream) override;
  void OnTouched(Time now, NodeIndex node) override;
  void OnDeadline(Time now, NodeIndex node);
  void Arm(Time now, NodeIndex node);
  void Arm(Time now, NodeIndex node, Seat& seat);
  void PrefetchComing();
  const Participant* ReceiverOf(const Event& event) const;
  void PrefetchSeat(const Event& event) const;
  const Participant* ConcernedBy(const Event& event) const;
  static bool CarriesBytes(const Event& event);
  void Trace(const Event& event);
  void Dispatch(const Event& event);
  void TurnOff(NodeIndex node);

  WorldOptions options_;
  EventQueue queue_;
  LinkModel links_;
  Hosts hosts_;
  Groups groups_;
  Rules rules_;
  DatagramNet datagrams_;
  StreamNet streams_;
  Disks disks_;
  Services services_;
  std::vector<absl::AnyInvocable<void(Time)>> script_;
  std::vector<uint32_t> free_script_;
  TraceHash trace_;
  uint64_t events_ = 0;
  std::vector<Seat> seats_;  // last: participants go before what they use
};

}  // namespace starling::sim
