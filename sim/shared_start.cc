#include "sim/shared_start.h"

#include <algorithm>

namespace starling::sim {
namespace {

bool ComesLate(const PopulationSpec& population) {
  return population.join.kind == JoinKind::kTogether && population.join.at > Duration::zero();
}

// Uplinks of a capacity table are drawn before the start, with the generator of the whole cast.
void ForgetWhatEntryDecides(PopulationSpec* population) {
  const PopulationSpec fresh;
  if (population->capacity.empty()) {
    population->up = fresh.up;
    population->down = fresh.down;
  }
  population->up_limit = fresh.up_limit;
  population->up_limit_share = fresh.up_limit_share;
  population->choker = fresh.choker;
  population->pieces = fresh.pieces;
  population->behaviour = fresh.behaviour;
  population->disk_rate = fresh.disk_rate;
  population->hash_rate = fresh.hash_rate;
  population->disk_latency = fresh.disk_latency;
}

}  // namespace

Duration FirstLatecomers(const Scenario& scenario) {
  if (scenario.kind != ScenarioKind::kSwarm) return Duration::zero();
  Duration first = Duration::zero();
  for (const PopulationSpec& population : scenario.populations) {
    if (!ComesLate(population)) continue;
    first = first == Duration::zero() ? population.join.at : std::min(first, population.join.at);
  }
  return first;
}

Scenario WithoutLatecomers(const Scenario& scenario) {
  Scenario without = scenario;
  without.title.clear();
  without.about.clear();
  without.parameters.clear();
  without.checks.clear();
  for (PopulationSpec& population : without.populations) {
    if (ComesLate(population)) ForgetWhatEntryDecides(&population);
  }
  return without;
}

}  // namespace starling::sim
