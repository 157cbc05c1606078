// What goes wrong in a swarm run and when: partitions, loss, crashes, slow disks, trackers and
// routers that die. Each fault of the scenario begins at its time, or once enough copies are out,
// and ends after its length.
#pragma once

#include <memory>
#include <vector>

#include "base/random.h"
#include "sim/population.h"
#include "sim/scenario.h"
#include "sim/shared_content.h"
#include "sim/swarm_cast.h"
#include "sim/world.h"

namespace starling::sim {

class SwarmFaults {
 public:
  SwarmFaults(const Scenario& scenario, World& world, SwarmCast& cast)
      : scenario_(scenario),
        world_(world),
        cast_(cast),
        random_(SeededRandom::For(world.seed(), 1, static_cast<uint64_t>(Purpose::kScenario))) {}

  // `dht` is null where there is none.
  void Begin(Time start, DhtPopulation* dht);
  // Looks whether a fault that waits for copies is due.
  void OnSample(Time now);

 private:
  void Strike(const FaultSpec& fault);
  void CutOff(const FaultSpec& fault);
  void Lose(const FaultSpec& fault);
  // These come back after `off`, unless it is zero.
  void CrashRouters(Duration off);
  void TakeTrackerDown(Duration off);
  // `share` of the members that are there now, drawn at random.
  std::vector<Member*> Victims(const FaultSpec& fault);

  const Scenario& scenario_;
  World& world_;
  SwarmCast& cast_;
  SeededRandom random_;
  DhtPopulation* dht_ = nullptr;
  std::vector<const FaultSpec*> waiting_;  // for copies
};

}  // namespace starling::sim
