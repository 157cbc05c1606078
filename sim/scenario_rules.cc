#include "sim/scenario_rules.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/closest_name.h"
#include "sim/scenario_reader.h"
#include "sim/strategies.h"

namespace starling::sim {
namespace {

using MaybeProblem = std::optional<ScenarioProblem>;

constexpr uint64_t kPiecesMax = 1'000'000;

ScenarioProblem Problem(std::string path, std::string what) {
  return {std::move(path), std::move(what)};
}

template <class T>
std::vector<std::string> NamesOf(const std::vector<T>& list) {
  std::vector<std::string> names;
  for (const T& element : list) names.push_back(element.name);
  return names;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

MaybeProblem Missing(std::string path, absl::string_view noun, const std::string& name,
                     const std::vector<std::string>& names) {
  return Problem(
      std::move(path),
      absl::StrCat("there is no ", noun, " ", Quoted(name), DidYouMean(name, names),
                   "; there are: ", names.empty() ? "none" : absl::StrJoin(names, ", ")));
}

MaybeProblem CheckContent(const ContentSpec& content) {
  const std::string path = absl::StrCat("content.", content.name);
  const uint32_t piece = content.piece_length;
  if (piece == 0 || (piece & (piece - 1)) != 0) {
    return Problem(path + ".piece",
                   "must be a power of two from 16KiB to 64MiB, such as \"256KiB\" or \"4MiB\"");
  }
  if (content.size / piece > kPiecesMax) {
    return Problem(path + ".piece", absl::StrCat("makes more than ", kPiecesMax,
                                                 " pieces; take a longer piece or less content"));
  }
  return std::nullopt;
}

MaybeProblem CheckGroups(const std::vector<GroupSpec>& groups) {
  const std::vector<std::string> names = NamesOf(groups);
  for (const GroupSpec& group : groups) {
    const std::string path = absl::StrCat("group.", group.name, ".inside");
    const GroupSpec* at = &group;
    for (size_t depth = 0; !at->inside.empty(); ++depth) {
      const auto outer = std::find_if(groups.begin(), groups.end(), [&](const GroupSpec& other) {
        return other.name == at->inside;
      });
      if (outer == groups.end()) return Missing(path, "group", at->inside, names);
      if (depth > groups.size()) return Problem(path, "leads back to the group itself");
      at = &*outer;
    }
  }
  return std::nullopt;
}

MaybeProblem CheckCapacity(const PopulationSpec& population) {
  const std::string path = absl::StrCat("population.", population.name, ".capacity");
  const std::vector<CapacityPoint>& points = population.capacity;
  if (points.empty()) return std::nullopt;
  if (population.up != 0) return Problem(path, "stands instead of up; give only one of them");
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].rate == 0) return Problem(path, "a rate must be above 0");
    const bool falls =
        i > 0 && (points[i].share <= points[i - 1].share || points[i].rate < points[i - 1].rate);
    if (falls) return Problem(path, "shares must rise from pair to pair, and rates not fall");
  }
  if (points.back().share != 1) return Problem(path, "the last share must be 1");
  return std::nullopt;
}

MaybeProblem CheckJoinAndStay(const PopulationSpec& population) {
  const std::string path = absl::StrCat("population.", population.name);
  const bool arrives = population.join.kind == JoinKind::kPoisson;
  if (arrives && !(population.join.rate > 0)) {
    return Problem(path + ".join", "kind = \"poisson\" needs rate, arrivals a second above 0");
  }
  if (!arrives && population.count == 0 && population.count_max == 0) {
    return Problem(path + ".count", "must be at least 1");
  }
  if (population.count_max != 0 && population.count_max < population.count) {
    return Problem(path + ".count_max", "must be above count, or 0");
  }
  if (population.has_max != 0 && population.has_max < population.has) {
    return Problem(path + ".has_max", "must be above has, or 0");
  }
  if (population.seeds && (population.has != 0 || population.has_max != 0)) {
    return Problem(path + ".has", "seeds have everything; only 0 is allowed");
  }
  if (arrives && population.seeds) {
    return Problem(path + ".join",
                   "seeds cannot be poisson arrivals; only \"together\" is allowed");
  }
  if (!arrives && population.join.rate != 0) {
    return Problem(path + ".join.rate", "is only for kind = \"poisson\"");
  }
  if (arrives && population.join.over != Duration{}) {
    return Problem(path + ".join.over", "is only for kind = \"together\"");
  }
  const StaySpec& stay = population.stay;
  if (stay.kind != StayKind::kSeed && stay.seeding != Duration{}) {
    return Problem(path + ".stay.seeding", "is only for kind = \"seed\"");
  }
  if (stay.kind != StayKind::kSession && !stay.churn.empty()) {
    return Problem(path + ".stay.churn", "is only for kind = \"session\"");
  }
  if (stay.kind == StayKind::kSeed && stay.seeding <= Duration{}) {
    return Problem(path + ".stay", "kind = \"seed\" needs seeding, a duration such as \"5min\"");
  }
  if (stay.kind == StayKind::kSession && stay.churn.empty()) {
    return Problem(path + ".stay", "kind = \"session\" needs churn, such as \"kad\"");
  }
  return std::nullopt;
}

MaybeProblem CheckPopulation(const Scenario& scenario, const PopulationSpec& population) {
  const std::string path = absl::StrCat("population.", population.name);
  if (population.name == "all") {
    return Problem(path, "\"all\" means all populations together; take another name");
  }
  if (MaybeProblem problem = CheckJoinAndStay(population)) return problem;
  if (MaybeProblem problem = CheckCapacity(population)) return problem;
  const bool has_group =
      population.group.empty() || Contains(NamesOf(scenario.groups), population.group);
  if (!has_group) {
    return Missing(path + ".group", "group", population.group, NamesOf(scenario.groups));
  }
  if (population.up_limit != 0 && population.up_limit_share != 0) {
    return Problem(path + ".up_limit_share", "give only one of up_limit and up_limit_share");
  }
  if (population.up_limit_share != 0 && population.up == 0 && population.capacity.empty()) {
    return Problem(path + ".up_limit_share", "is a share of up, which has no limit");
  }
  return std::nullopt;
}

MaybeProblem CheckFault(const Scenario& scenario, size_t index) {
  const FaultSpec& fault = scenario.faults[index];
  const std::string path = absl::StrCat("fault.", index + 1);
  const std::vector<std::string> names = NamesOf(scenario.populations);
  if (!fault.population.empty() && !Contains(names, fault.population)) {
    return Missing(path + ".population", "population", fault.population, names);
  }
  if (fault.at != Duration{} && fault.after_copies != 0) {
    return Problem(path + ".after_copies", "stands instead of at; give only one of them");
  }
  if (fault.kind == FaultKind::kSlowDisk && fault.rate == 0) {
    return Problem(path + ".rate", "kind = \"slow-disk\" needs a rate, such as \"1MB/s\"");
  }
  if (fault.routers && fault.kind != FaultKind::kCrash) {
    return Problem(path + ".routers", "is only for kind = \"crash\"");
  }
  if (fault.rate != 0 && fault.kind != FaultKind::kSlowDisk) {
    return Problem(path + ".rate", "is only for kind = \"slow-disk\"");
  }
  const bool strikes_all = fault.kind == FaultKind::kLoss || fault.kind == FaultKind::kTrackerDown;
  if (strikes_all && !fault.population.empty()) {
    return Problem(path + ".population", "a fault of this kind strikes everybody");
  }
  return std::nullopt;
}

MaybeProblem CheckSwarm(const Scenario& scenario) {
  if (scenario.populations.empty()) {
    return Problem("population", "a swarm needs somebody: [population.leechers] with count");
  }
  if (scenario.contents.empty()) {
    return Problem("content", "a swarm needs something: [content.file] with size and piece");
  }
  for (const ContentSpec& content : scenario.contents) {
    if (MaybeProblem problem = CheckContent(content)) return problem;
  }
  if (MaybeProblem problem = CheckGroups(scenario.groups)) return problem;
  bool has_seeds = false;
  for (const PopulationSpec& population : scenario.populations) {
    if (MaybeProblem problem = CheckPopulation(scenario, population)) return problem;
    has_seeds = has_seeds || population.seeds;
  }
  if (scenario.discovery == Discovery::kServer && !has_seeds) {
    return Problem("discovery", "\"server\" needs a population with seeds = true");
  }
  for (size_t i = 0; i < scenario.faults.size(); ++i) {
    if (MaybeProblem problem = CheckFault(scenario, i)) return problem;
  }
  return std::nullopt;
}

MaybeProblem CheckDht(const Scenario& scenario) {
  if (!scenario.populations.empty()) {
    return Problem("population", "kind = \"dht\" has bare nodes only: dht.nodes");
  }
  if (!scenario.contents.empty()) {
    return Problem("content", "kind = \"dht\" shares no content");
  }
  if (scenario.dht.dead_share >= 1) return Problem("dht.dead_share", "must be below 1");
  return std::nullopt;
}

MaybeProblem CheckOneCell(const CheckSpec& check, size_t index,
                          const std::vector<std::string>& runs) {
  const CheckCell& cell = check.cells[index];
  const std::string path = absl::StrCat("check.", check.size, ".cell.", index + 1);
  if (cell.name.empty()) return Problem(path, "needs a name");
  if (!cell.waiting.empty()) return std::nullopt;
  if (!Contains(runs, cell.run)) return Missing(path + ".run", "run", cell.run, runs);
  if (!cell.over_run.empty() && !Contains(runs, cell.over_run)) {
    return Missing(path + ".over_run", "run", cell.over_run, runs);
  }
  if (cell.metric.empty()) return Problem(path, "needs a metric, such as \"done_share\"");
  if (cell.min.has_value() && cell.max.has_value() && *cell.min > *cell.max) {
    return Problem(path + ".max", "must not be below min");
  }
  if (cell.hard && !cell.over_run.empty() && !cell.paired) {
    return Problem(path + ".hard", "over another run it needs paired = true");
  }
  return std::nullopt;
}

MaybeProblem CheckChecks(const Scenario& scenario) {
  static const std::vector<std::string> kSizes = {"small", "full", "huge"};
  for (const CheckSpec& check : scenario.checks) {
    const std::string path = absl::StrCat("check.", check.size);
    if (!Contains(kSizes, check.size)) return Missing(path, "size", check.size, kSizes);
    std::vector<std::string> runs;
    for (const CheckRun& run : check.runs) {
      if (!IsScenarioName(run.name)) {
        return Problem(absl::StrCat(path, ".run.", runs.size() + 1),
                       "needs a name of letters, digits, - and _");
      }
      if (Contains(runs, run.name)) {
        return Problem(absl::StrCat(path, ".run.", runs.size() + 1, ".name"),
                       absl::StrCat("there is another run ", Quoted(run.name)));
      }
      runs.push_back(run.name);
    }
    for (size_t i = 0; i < check.cells.size(); ++i) {
      if (MaybeProblem problem = CheckOneCell(check, i, runs)) return problem;
    }
  }
  return std::nullopt;
}

MaybeProblem CheckParameters(const Scenario& scenario) {
  const std::vector<std::string> keys = TopLevelKeys();
  for (const ParameterSpec& parameter : scenario.parameters) {
    const std::string path = absl::StrCat("params.", parameter.name);
    if (parameter.paths.empty()) return Problem(path, "needs a path into the scenario");
    if (parameter.min > parameter.max) return Problem(path + ".max", "must not be below min");
    if (Contains(keys, parameter.name)) {
      return Problem(path, "is the name of a field of the scenario; take another one");
    }
  }
  return std::nullopt;
}

MaybeProblem Unless(const absl::Status& status, const PopulationSpec& population,
                    absl::string_view field) {
  if (status.ok()) return std::nullopt;
  return Problem(absl::StrCat("population.", population.name, ".", field),
                 std::string(status.message()));
}

}  // namespace

std::optional<ScenarioProblem> FindStrategyProblem(const Scenario& scenario,
                                                   const Strategies& strategies) {
  if (scenario.kind == ScenarioKind::kDht) {
    const absl::Status variant = strategies.lookups.Make(scenario.dht.variant).status();
    if (!variant.ok()) return Problem("dht.variant", std::string(variant.message()));
  }
  for (const PopulationSpec& each : scenario.populations) {
    const absl::Status choker = strategies.chokers.Make(each.choker).status();
    if (MaybeProblem problem = Unless(choker, each, "choker")) return problem;
    const absl::Status pieces = strategies.pieces.Make(each.pieces).status();
    if (MaybeProblem problem = Unless(pieces, each, "pieces")) return problem;
    const absl::Status behaviour = strategies.behaviours.Make(each.behaviour).status();
    if (MaybeProblem problem = Unless(behaviour, each, "behaviour")) return problem;
  }
  return std::nullopt;
}

std::optional<ScenarioProblem> FindProblem(const Scenario& scenario) {
  if (!IsScenarioName(scenario.name)) {
    return Problem("name", "must be made of letters, digits, - and _");
  }
  if (scenario.sample <= Duration{}) return Problem("sample", "must be above 0");
  if (scenario.until <= Duration{}) return Problem("until", "must be above 0");
  const bool is_swarm = scenario.kind == ScenarioKind::kSwarm;
  if (MaybeProblem problem = is_swarm ? CheckSwarm(scenario) : CheckDht(scenario)) return problem;
  if (MaybeProblem problem = CheckParameters(scenario)) return problem;
  return CheckChecks(scenario);
}

}  // namespace starling::sim
