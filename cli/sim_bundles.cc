#include "cli/sim_bundles.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "cli/sim_kept.h"
#include "sim/shared_start.h"

namespace starling::cli {

namespace {

// What is shared is worth it from one part in so many on of the longest that the run may last; most
// end much earlier.
constexpr int kSharedPartMin = 50;

// Names what the runs of a scenario share; empty where nothing is gained by sharing.
std::string SharedKey(const sim::Scenario& scenario) {
  const Duration shared = sim::FirstLatecomers(scenario);
  if (shared <= scenario.sample || kSharedPartMin * shared < scenario.until) return "";
  return ScenarioKey(sim::WithoutLatecomers(scenario));
}

// In `parts` of about the same length.
void AppendParts(const SimBundle& whole, size_t parts, std::vector<SimBundle>* bundles) {
  const size_t count = whole.jobs.size();
  parts = std::clamp<size_t>(parts, 1, count);
  for (size_t part = 0; part < parts; ++part) {
    SimBundle bundle;
    for (size_t i = part * count / parts; i < (part + 1) * count / parts; ++i) {
      bundle.jobs.push_back(whole.jobs[i]);
    }
    if (bundle.jobs.size() > 1) bundle.shared = whole.shared;
    bundles->push_back(std::move(bundle));
  }
}

}  // namespace

std::vector<SimBundle> BundleJobs(const std::vector<SimJob>& jobs, int threads) {
  std::vector<SimBundle> wholes;
  std::map<const sim::Scenario*, std::string> keys;  // a scenario serves many seeds
  std::map<std::pair<std::string, uint64_t>, size_t> places;
  for (size_t job = 0; job < jobs.size(); ++job) {
    const sim::Scenario& scenario = *jobs[job].scenario;
    const auto [key, is_new] = keys.try_emplace(&scenario);
    if (is_new) key->second = SharedKey(scenario);
    size_t place = wholes.size();
    if (!key->second.empty()) {
      place = places.try_emplace({key->second, jobs[job].seed}, place).first->second;
    }
    if (place == wholes.size()) wholes.push_back({{}, sim::FirstLatecomers(scenario)});
    wholes[place].jobs.push_back(job);
  }
  const size_t wanted = threads == 1 ? 1 : 2 * static_cast<size_t>(threads);
  const size_t parts = (wanted + wholes.size() - 1) / std::max<size_t>(wholes.size(), 1);
  std::vector<SimBundle> bundles;
  for (const SimBundle& whole : wholes) AppendParts(whole, parts, &bundles);
  return bundles;
}

}  // namespace starling::cli
