#include "sim/swarm_run.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/checks.h"
#include "sim/population.h"
#include "sim/shared_content.h"
#include "sim/shared_start.h"
#include "sim/strategies.h"
#include "sim/swarm_cast.h"
#include "sim/swarm_faults.h"
#include "sim/swarm_figures.h"
#include "sim/swarm_meter.h"
#include "sim/tracker_site.h"
#include "sim/world.h"

namespace starling::sim {
namespace {

// The DHT's own nodes join within this, and the seeds announce themselves before the start.
constexpr Time kStart{seconds(70)};
constexpr char kTrackerUrl[] = "http://tracker.sim/announce";  // of kTrackerHost

int SlotBitsFor(const Scenario& scenario) {
  uint64_t hosts = uint64_t{scenario.dht_nodes} + 16;
  for (const PopulationSpec& population : scenario.populations) {
    hosts += std::max(population.count, population.count_max);
    if (population.join.kind == JoinKind::kPoisson) hosts += 1 << 14;
  }
  int bits = 8;
  while ((uint64_t{1} << bits) < 2 * hosts) ++bits;
  return bits;
}

WorldOptions WorldOptionsOf(const Scenario& scenario, uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.slot_bits = SlotBitsFor(scenario);
  options.link.profile = scenario.network.latency;
  options.link.loss_ppm = static_cast<uint32_t>(scenario.network.datagram_loss * 1e6 + 0.5);
  if (scenario.network.latency == LatencyProfile::kLan) options.space = AddressPlan::Space::kLan;
  options.streams.quantum = static_cast<uint32_t>(scenario.network.quantum);
  options.streams.slow_start = scenario.network.slow_start;
  options.streams.headers = scenario.network.headers;
  return options;
}

class SwarmRun final : public Run {
 public:
  SwarmRun(const Scenario& scenario, uint64_t seed, const RunOptions& options)
      : scenario_(scenario),
        seed_(seed),
        options_(options),
        world_(WorldOptionsOf(scenario_, seed)),
        contents_(MakeContents()),
        cast_(scenario_, world_, contents_),
        meter_(scenario_, world_, cast_, contents_, kStart),
        faults_(scenario_, world_, cast_) {}

  absl::Status Begin(const Strategies& strategies);
  bool Advance() override;
  RunProgress progress() const override;
  Result Finish() override;
  absl::Status Recast(const Scenario& scenario, const Strategies& strategies) override;

 private:
  std::vector<std::shared_ptr<const SharedContent>> MakeContents();
  void BeginDiscovery();
  void CheckInvariants();
  Time end() const {
    const Duration length = std::min(scenario_.until, options_.until.value_or(scenario_.until));
    return kStart + length;
  }
  bool cut_short() const { return options_.until.has_value() && *options_.until < scenario_.until; }
  bool over() const {
    return world_.now() >= end() || (scenario_.until_done && cast_.all_done()) || !broken_.empty();
  }

  Scenario scenario_;
  const uint64_t seed_;
  const RunOptions options_;
  World world_;
  std::optional<DhtPopulation> dht_;
  std::vector<std::shared_ptr<const SharedContent>> contents_;
  SwarmCast cast_;
  SwarmMeter meter_;
  SwarmFaults faults_;
  std::vector<std::string> broken_;
};

std::vector<std::shared_ptr<const SharedContent>> SwarmRun::MakeContents() {
  std::vector<std::shared_ptr<const SharedContent>> contents;
  for (const ContentSpec& spec : scenario_.contents) {
    ContentOptions options;
    options.seed = seed_ + contents.size();
    options.size = spec.size;
    options.piece_length = spec.piece_length;
    options.name = spec.name;
    if (scenario_.discovery == Discovery::kTracker) options.trackers = {{kTrackerUrl}};
    contents.push_back(std::make_shared<SharedContent>(options));
    world_.disks().AddContent(contents.back());
  }
  return contents;
}

void SwarmRun::BeginDiscovery() {
  if (scenario_.discovery == Discovery::kTracker) {
    world_.services().AddName(kTrackerHost, {Endpoint::V4(0x01010101, 80)});
    world_.services().SetSite(kTrackerHost, std::make_shared<TrackerSite>());
  }
  if (scenario_.discovery != Discovery::kDht) return;
  dht_.emplace(world_, scenario_.dht_nodes);
  dht_->JoinHonestly(seconds(10) / std::max<uint32_t>(scenario_.dht_nodes, 1));
  std::vector<Endpoint> routers;
  for (size_t i = 0; i < dht_->size() && i < 3; ++i) {
    routers.push_back(world_.endpoint((*dht_)[i].index()));
  }
  world_.services().AddName("router.sim", routers);
}

absl::Status SwarmRun::Begin(const Strategies& strategies) {
  const absl::Status ready = cast_.Prepare(strategies, options_);
  if (!ready.ok()) return ready;
  BeginDiscovery();
  cast_.Begin(kStart);
  faults_.Begin(kStart, dht_.has_value() ? &*dht_ : nullptr);
  world_.RunUntil(kStart);
  meter_.Take();
  return absl::OkStatus();
}

bool SwarmRun::Advance() {
  if (over()) return false;
  world_.RunUntil(std::min(end(), world_.now() + scenario_.sample));
  meter_.Take();
  faults_.OnSample(world_.now());
  if (scenario_.invariants) CheckInvariants();
  if (options_.on_progress && !options_.on_progress(progress())) return false;
  return !over();
}

// Safety, at each sample. The first breach ends the run: what follows would only hide it.
void SwarmRun::CheckInvariants() {
  std::vector<ClientHost*> honest;
  for (const Member& member : cast_.members()) {
    if (member.is_here() && member.honest) honest.push_back(member.host);
  }
  for (const absl::Status& status :
       {CheckNothingUnverified(honest, contents_), CheckConservation(world_)}) {
    if (!status.ok()) broken_.push_back(std::string(status.message()));
  }
}

RunProgress SwarmRun::progress() const {
  return {std::max(world_.now(), kStart) - kStart, end() - kStart, world_.events(), cast_.done(),
          cast_.expected()};
}

absl::Status SwarmRun::Recast(const Scenario& scenario, const Strategies& strategies) {
  const bool nobody_late_is_here = world_.now() < kStart + FirstLatecomers(scenario_);
  if (!nobody_late_is_here || WithoutLatecomers(scenario) != WithoutLatecomers(scenario_)) {
    return absl::FailedPreconditionError("the scenarios differ in what has happened already");
  }
  // In place: the cast and the meter refer to the populations.
  for (size_t i = 0; i < scenario_.populations.size(); ++i) {
    scenario_.populations[i] = scenario.populations[i];
  }
  return cast_.Recast(strategies);
}

Result SwarmRun::Finish() {
  Result result;
  result.scenario = scenario_.name;
  result.seed = seed_;
  result.trace_hash = world_.trace_hash();
  result.events = world_.events();
  result.simulated = world_.now() - kStart;
  result.partial = !over() || (cut_short() && world_.now() >= end());
  uint64_t bytes = 0;
  for (const std::shared_ptr<const SharedContent>& content : contents_) bytes += content->size();
  const SwarmFacts facts{scenario_, cast_, meter_, bytes, kStart, world_.now()};
  AddSwarmMetrics(facts, &result.metrics);
  result.tables.push_back(NodesTable(facts));
  meter_.AppendTables(&result.tables);
  result.broken = broken_;
  if (scenario_.invariants) {
    for (std::string& sentence : BrokenBounds(facts)) result.broken.push_back(std::move(sentence));
    const bool should_be_done = scenario_.until_done && cast_.expected() > 0 && !result.partial;
    const uint64_t owed = should_be_done && broken_.empty() ? cast_.Owed() : 0;
    if (owed > 0) {
      result.broken.push_back(absl::StrCat(owed, " of ", cast_.expected(),
                                           " leechers were not done in time, though all pieces "
                                           "were there (until_done = false does not ask for it)"));
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Run>> StartSwarmRun(const Scenario& scenario, uint64_t seed,
                                                   const Strategies& strategies,
                                                   const RunOptions& options) {
  auto run = std::make_unique<SwarmRun>(scenario, seed, options);
  const absl::Status begun = run->Begin(strategies);
  if (!begun.ok()) return begun;
  return std::unique_ptr<Run>(std::move(run));
}

}  // namespace starling::sim
