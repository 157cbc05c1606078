#include "sim/swarm_faults.h"

#include <algorithm>
#include <span>
#include <utility>

#include "sim/tracker_site.h"

namespace starling::sim {

void SwarmFaults::Begin(Time start, DhtPopulation* dht) {
  dht_ = dht;
  for (const FaultSpec& fault : scenario_.faults) {
    if (fault.after_copies > 0) {
      waiting_.push_back(&fault);
    } else {
      world_.At(start + fault.at, [this, &fault](Time) { Strike(fault); });
    }
  }
}

void SwarmFaults::OnSample(Time) {
  if (waiting_.empty()) return;
  const uint32_t copies = cast_.CopiesOutside();
  std::vector<const FaultSpec*> due;
  for (const FaultSpec* fault : waiting_) {
    if (copies >= fault->after_copies) due.push_back(fault);
  }
  for (const FaultSpec* fault : due) {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), fault));
    Strike(*fault);
  }
}

std::vector<Member*> SwarmFaults::Victims(const FaultSpec& fault) {
  std::vector<Member*> here;
  for (Member& member : cast_.members()) {
    const std::string& name = scenario_.populations[member.population].name;
    if (member.is_here() && (fault.population.empty() || fault.population == name)) {
      here.push_back(&member);
    }
  }
  random_.Shuffle(std::span<Member*>(here));
  here.resize(static_cast<size_t>(static_cast<double>(here.size()) * fault.share + 0.5));
  return here;
}

void SwarmFaults::Strike(const FaultSpec& fault) {
  switch (fault.kind) {
    case FaultKind::kPartition:
      return CutOff(fault);
    case FaultKind::kLoss:
      return Lose(fault);
    case FaultKind::kCrash:
      for (Member* member : Victims(fault)) cast_.Crash(*member, fault.length);
      if (fault.routers && dht_ != nullptr) CrashRouters(fault.length);
      return;
    case FaultKind::kSlowDisk:
      for (Member* member : Victims(fault)) {
        member->host->disk().SetRate(fault.rate);
        if (fault.length == Duration::zero()) continue;
        const uint32_t number = member->number;
        world_.At(world_.now() + fault.length, [this, number](Time) {
          const Member& slow = cast_.members()[number];
          const uint64_t usual = scenario_.populations[slow.population].disk_rate;
          if (slow.host != nullptr) slow.host->disk().SetRate(usual);
        });
      }
      return;
    case FaultKind::kTrackerDown:
      return TakeTrackerDown(fault.length);
  }
}

void SwarmFaults::CrashRouters(Duration off) {
  for (DhtHost* host : dht_->hosts()) {
    const NodeIndex node = host->index();
    if (!world_.hosts().is_up(node)) continue;
    world_.Crash(node);
    if (off == Duration::zero()) continue;
    world_.At(world_.now() + off, [this, node](Time) {
      if (!world_.hosts().is_up(node)) world_.PowerOn(node);
    });
  }
}

// It remembers whom it knew: what is down is the way to it.
void SwarmFaults::TakeTrackerDown(Duration off) {
  std::shared_ptr<Site> site = world_.services().TakeSite(kTrackerHost);
  if (site == nullptr || off == Duration::zero()) return;
  world_.At(world_.now() + off,
            [this, site](Time) { world_.services().SetSite(kTrackerHost, site); });
}

void SwarmFaults::CutOff(const FaultSpec& fault) {
  Partition& partition = world_.rules().Add(std::make_unique<Partition>());
  for (const Member* member : Victims(fault)) partition.Put(member->node, 1);
  if (fault.length == Duration::zero()) return;
  world_.At(world_.now() + fault.length,
            [this, &partition](Time) { world_.rules().Remove(partition); });
}

void SwarmFaults::Lose(const FaultSpec& fault) {
  Noise noise;
  noise.seed = world_.seed();
  noise.loss_ppm = static_cast<uint32_t>(fault.share * 1e6 + 0.5);
  noise.streams = true;
  NoiseRule& rule = world_.rules().Add(std::make_unique<NoiseRule>(noise));
  if (fault.length == Duration::zero()) return;
  world_.At(world_.now() + fault.length, [this, &rule](Time) { world_.rules().Remove(rule); });
}

}  // namespace starling::sim
