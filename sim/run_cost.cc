#include "sim/run_cost.h"

#include <algorithm>

#include "sim/dht_scenario.h"

namespace starling::sim {
namespace {

// Seen in worlds of whole Clients; a HAVE goes to every connection, a member looks around each
// second.
constexpr double kSecondsPerBlock = 6e-6;
constexpr double kSecondsPerHave = 0.5e-6;
constexpr double kSecondsPerMemberSecond = 20e-6;
constexpr double kBlockBytes = 16 * 1024;

double MeanUplink(const PopulationSpec& population) {
  if (population.capacity.empty()) return static_cast<double>(population.up);
  double mean = 0;
  CapacityPoint before = population.capacity.front();
  mean += before.share * static_cast<double>(before.rate);
  for (const CapacityPoint& point : population.capacity) {
    mean += (point.share - before.share) * static_cast<double>(point.rate + before.rate) / 2;
    before = point;
  }
  return mean;
}

struct Load {
  double members = 0;
  double copies = 0;  // of all content, downloaded
  double uplinks = 0;
  double seconds = 0;
  double connections = 0;
};

// Those who come back with nothing, or replace each other, download as long as it lasts.
bool IsEndless(const PopulationSpec& population) {
  return population.stay.kind == StayKind::kRejoin || population.stay.kind == StayKind::kSession;
}

Load LoadOf(const Scenario& scenario, double bytes) {
  Load load;
  double busiest = 0;
  for (const PopulationSpec& population : scenario.populations) {
    const double up = MeanUplink(population);
    double members = std::max(population.count, (population.count + population.count_max) / 2);
    double arrivals = members;
    if (population.join.kind == JoinKind::kPoisson) {
      arrivals = population.join.rate * ToSeconds(scenario.until);
      members = up > 0 ? population.join.rate * bytes / up : arrivals;
    }
    load.members += members;
    load.uplinks += members * up;
    load.connections = std::max(load.connections, double(population.connections));
    if (!population.seeds && !IsEndless(population)) load.copies += arrivals;
    busiest = std::max(busiest, ToSeconds(population.join.at));
  }
  // A swarm that ends by itself: as its links allow, and the seeds'.
  const double drained = load.uplinks > 0 ? load.copies * bytes / load.uplinks : 0;
  load.seconds = std::min(busiest + 1.5 * drained, ToSeconds(scenario.until));
  if (!scenario.until_done) load.seconds = ToSeconds(scenario.until);
  const bool is_endless =
      std::any_of(scenario.populations.begin(), scenario.populations.end(), IsEndless);
  if (is_endless) {
    // The one that is waited for takes about as long as a typical download.
    load.seconds += load.uplinks > 0 ? 1.5 * load.members * bytes / load.uplinks : 0;
    load.copies = 0.6 * load.uplinks * load.seconds / bytes;
  }
  return load;
}

}  // namespace

double EstimateCpuSeconds(const Scenario& scenario) {
  if (scenario.kind == ScenarioKind::kDht) return EstimateDhtRunCpuSeconds(scenario);
  double bytes = 0;
  double pieces = 0;
  for (const ContentSpec& content : scenario.contents) {
    bytes += static_cast<double>(content.size);
    pieces += static_cast<double>(content.size / content.piece_length + 1);
  }
  if (bytes == 0) return 0;
  const Load load = LoadOf(scenario, bytes);
  const double connections = std::min(load.connections, load.members);
  return load.copies *
             (bytes / kBlockBytes * kSecondsPerBlock + pieces * connections * kSecondsPerHave) +
         load.members * load.seconds * kSecondsPerMemberSecond;
}

}  // namespace starling::sim
