// Who is on the stage of a swarm run: brings members in as their populations say, notes when they
// are done, and takes them away again. Knows nothing of figures.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/random.h"
#include "sim/reachability.h"
#include "sim/run.h"
#include "sim/shared_content.h"
#include "sim/swarm_member.h"
#include "sim/swarm_troupe.h"
#include "sim/world.h"

namespace starling::sim {

class SwarmCast {
 public:
  // How long before the start of the scenario the seeds that are there from the beginning come.
  static constexpr Duration kSeedLead = seconds(40);

  SwarmCast(const Scenario& scenario, World& world,
            std::vector<std::shared_ptr<const SharedContent>> contents);

  // Looks up strategies and sizes; InvalidArgument for what does not exist.
  absl::Status Prepare(const Strategies& strategies, const RunOptions& options);
  // The scenario says something else now of populations whose members have not entered.
  absl::Status Recast(const Strategies& strategies);
  // Plans all arrivals; `start` is the zero of the scenario's clock.
  void Begin(Time start);

  const Members& members() const { return members_; }
  Members& members() { return members_; }
  uint32_t population_size(size_t population) const { return troupes_[population].count; }
  // Measured leechers that will come and are expected to finish; 0 if no number is known.
  uint64_t expected() const { return expected_; }
  uint64_t done() const { return done_; }  // of the measured leechers
  // Has everybody who is expected come and finished?
  bool all_done() const { return expected_ > 0 && done_ >= expected_; }
  // Measured, honest leechers that are there and not done, although every piece lies with somebody
  // honest who is there too. Walks all members.
  uint64_t Owed() const;
  // Whose host it is now; null if nobody's.
  const Member* FindByNode(NodeIndex node) const;
  // What a member has moved in its whole life so far.
  Traffic TrafficOf(const Member& member) const;
  uint64_t departures() const { return departures_; }

  // Faults: loses its power now, and has it again after `off` if that is not zero.
  void Crash(Member& member, Duration off);
  // Complete copies that lie on the disks of leechers, spread over all of them: the fewest that any
  // piece has.
  uint32_t CopiesOutside() const;

 private:
  bool HonestHaveAll(const SharedContent& content) const;
  Member& Plan(uint32_t population, Time when);
  void PlanPoisson(uint32_t population, Time when);
  void Enter(uint32_t number);
  Reachability DrawReach(const PopulationSpec& spec, const Member& member) const;
  ClientHostOptions HostOptions(const Troupe& troupe, const Member& member);
  void AddTorrents(ClientHost& host, bool is_seed) const;
  void FillPart(SimDisk& disk, const PopulationSpec& spec);
  void OnEvent(Member& member, Time now, const starling::Event& event);
  bool HasEverything(const Member& member) const;
  void OnDone(Member& member, Time now);
  void PlanDeparture(Member& member, Time when, bool replaced);
  void Leave(Member& member, bool silent);
  Traffic TrafficOfHost(const Member& member) const;

  const Scenario& scenario_;
  World& world_;
  std::vector<std::shared_ptr<const SharedContent>> contents_;
  SeededRandom random_;
  RunOptions options_;
  std::vector<Troupe> troupes_;
  Members members_;
  std::vector<uint32_t> by_node_;  // member + 1
  std::vector<NodeIndex> free_nodes_;
  Time start_{};
  uint32_t founders_ = 0;  // members that were planned from the beginning
  uint64_t expected_ = 0;
  uint64_t done_ = 0;
  uint64_t departures_ = 0;
};

}  // namespace starling::sim
