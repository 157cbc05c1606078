#include "sim/swarm_figures.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace starling::sim {
namespace {

using Metrics = std::map<std::string, double>;

// From here on the start of a crowd no longer counts (targets, S1).
constexpr double kSettled = 0.05;
// From here on peers have found whom they like (targets, S5).
constexpr double kSorted = 0.2;

double Since(Time time, Time start) { return ToSeconds(time - start); }

struct Completions {
  std::vector<double> seconds;  // from each one's arrival
  std::optional<Time> first;
  std::optional<Time> last;
};

// `population`, or all measured leechers. In a steady state those count that came when it was one.
Completions CompletionsOf(const SwarmFacts& facts, std::optional<size_t> population) {
  Completions completions;
  const Time from = facts.start + facts.scenario.measure_from;
  for (const Member& member : facts.cast.members()) {
    const PopulationSpec& spec = facts.scenario.populations[member.population];
    const bool counts = population.has_value() ? member.population == *population
                                               : spec.measured && !member.is_seed;
    if (!counts || !member.is_done() || member.joined < from) continue;
    completions.seconds.push_back(ToSeconds(member.done - member.joined));
    completions.first = std::min(completions.first.value_or(kNever), member.done);
    completions.last = std::max(completions.last.value_or(member.done), member.done);
  }
  return completions;
}

// What the members of a population moved together, of those that came.
struct Sums {
  double members = 0;
  double finished = 0;
  double downloaded = 0;
  double uploaded = 0;
  double wasted = 0;
  double arrived = 0;  // all that their downlinks carried
  double dht_queries = 0;
  std::vector<double> share_ratios;  // of each that downloaded anything
};

Sums SumsOf(const SwarmFacts& facts, size_t population) {
  Sums sums;
  for (const Member& member : facts.cast.members()) {
    if (member.population != population || member.joined == kNever) continue;
    const Traffic traffic = facts.cast.TrafficOf(member);
    const auto uploaded = static_cast<double>(traffic.uploaded);
    const auto downloaded = static_cast<double>(traffic.downloaded);
    ++sums.members;
    sums.finished += member.is_done() ? 1 : 0;
    sums.downloaded += downloaded;
    sums.uploaded += uploaded;
    sums.wasted += static_cast<double>(traffic.wasted);
    sums.arrived += static_cast<double>(traffic.link_down);
    sums.dht_queries += static_cast<double>(traffic.dht_queries);
    if (downloaded > 0) sums.share_ratios.push_back(uploaded / downloaded);
  }
  return sums;
}

void AddPopulation(const SwarmFacts& facts, size_t population, const Completions& all,
                   const Sums& sums, Metrics* metrics) {
  const PopulationSpec& spec = facts.scenario.populations[population];
  const std::string& name = spec.name;
  const auto copy_bytes = static_cast<double>(facts.content_bytes);
  const Completions own = CompletionsOf(facts, population);
  if (!spec.seeds) {
    AddDistribution(name + ".completion_s", own.seconds, metrics);
    AddDistribution(name + ".share_ratio", sums.share_ratios, metrics);
  }
  (*metrics)[name + ".members"] = sums.members;
  if (sums.downloaded > 0) {
    (*metrics)[name + ".share_ratio_total"] = sums.uploaded / sums.downloaded;
  }
  (*metrics)[name + ".uploaded_copies"] = sums.uploaded / copy_bytes;
  (*metrics)[name + ".downloaded_copies"] = sums.downloaded / copy_bytes;
  const Time first = all.first.value_or(facts.end);
  const auto add = [&](const char* suffix, double value) {
    if (value == value) (*metrics)[name + suffix] = value;
  };
  const SwarmMeter& meter = facts.meter;
  const Time settled = facts.start + (first - facts.start) / 20;
  static_assert(kSettled == 1.0 / 20);
  add(".utilisation", meter.UtilisationOf(population, settled, first));
  add(".utilisation_from_start", meter.UtilisationOf(population, facts.start, first));
  add(".utilisation_whole", meter.UtilisationOf(population, facts.start, facts.end));
  const Time from = facts.start + facts.scenario.measure_from;
  add(".present.mean", meter.PresentOf(population, from, facts.end, /*leeching_only=*/false));
  add(".leeching.mean", meter.PresentOf(population, from, facts.end, /*leeching_only=*/true));
  // Of the run of this class: a fast one is gone before a fifth of the whole has passed.
  const Time last = own.last.value_or(facts.end);
  static_assert(kSorted == 1.0 / 5);
  if (!spec.seeds) {
    add(".own_class_share", meter.OwnShareOf(population, facts.start + (last - facts.start) / 5));
  }
}

// Uplinks of all measured leechers together.
double UtilisationOfAll(const SwarmFacts& facts, Time from, Time to) {
  double carried = 0;
  double capacity = 0;
  for (size_t p = 0; p < facts.scenario.populations.size(); ++p) {
    const PopulationSpec& spec = facts.scenario.populations[p];
    if (spec.seeds || !spec.measured) continue;
    const double room = facts.meter.CapacityOf(p, from, to);
    const double share = facts.meter.UtilisationOf(p, from, to);
    if (!(share == share)) continue;
    carried += share * room;
    capacity += room;
  }
  return capacity <= 0 ? kNoValue : carried / capacity;
}

// `sums` by population.
void AddTotals(const SwarmFacts& facts, const Completions& all, const std::vector<Sums>& sums,
               Metrics* metrics) {
  Sums whole;
  double seeded = 0;
  double came = 0;
  double finished = 0;
  for (size_t p = 0; p < sums.size(); ++p) {
    const PopulationSpec& spec = facts.scenario.populations[p];
    whole.members += sums[p].members;
    whole.downloaded += sums[p].downloaded;
    whole.wasted += sums[p].wasted;
    whole.arrived += sums[p].arrived;
    whole.dht_queries += sums[p].dht_queries;
    if (spec.seeds) seeded += sums[p].uploaded;
    if (spec.seeds || !spec.measured) continue;
    came += sums[p].members;
    finished += sums[p].finished;
  }
  Metrics& of = *metrics;
  of["origin_copies"] = seeded / static_cast<double>(facts.content_bytes);
  // At the receivers: what was queued for one that left counts as uploaded and never travelled.
  of["control_share"] =
      whole.arrived == 0 ? 0 : std::max(0.0, 1 - whole.downloaded / whole.arrived);
  of["duplicates_share"] = whole.downloaded == 0 ? 0 : whole.wasted / whole.downloaded;
  of["dht_queries_per_node"] = whole.members == 0 ? 0 : whole.dht_queries / whole.members;
  of["members"] = whole.members;
  of["departures"] = static_cast<double>(facts.cast.departures());
  of["done_share"] = came == 0 ? 0 : finished / came;
  if (facts.meter.entropy() == facts.meter.entropy()) of["entropy"] = facts.meter.entropy();
  const Time first = all.first.value_or(facts.end);
  const Time settled = facts.start + (first - facts.start) / 20;
  const auto add = [&](const char* name, double value) {
    if (value == value) of[name] = value;
  };
  add("all.utilisation", UtilisationOfAll(facts, settled, first));
  add("all.utilisation_from_start", UtilisationOfAll(facts, facts.start, first));
  add("all.utilisation_whole", UtilisationOfAll(facts, facts.start, facts.end));
  if (all.first.has_value()) of["first_completion_s"] = Since(*all.first, facts.start);
  if (all.last.has_value()) of["last_completion_s"] = Since(*all.last, facts.start);
}

}  // namespace

SwarmBounds BoundsOf(const SwarmFacts& facts) {
  double seeds_up = 0;
  double all_up = 0;
  double slowest_down = 0;
  double leechers = 0;
  for (const Member& member : facts.cast.members()) {
    const PopulationSpec& spec = facts.scenario.populations[member.population];
    const bool plain = spec.join.kind == JoinKind::kTogether && spec.has == 0 &&
                       spec.has_max == 0 && spec.stay.kind != StayKind::kRejoin &&
                       spec.stay.kind != StayKind::kSession;
    if (!plain || member.up == 0) return {};
    const double up = static_cast<double>(member.up);
    all_up += up;
    if (member.is_seed) {
      seeds_up += up;
      continue;
    }
    ++leechers;
    const double down = static_cast<double>(member.down);
    if (down > 0) slowest_down = slowest_down == 0 ? down : std::min(slowest_down, down);
  }
  const double bytes = static_cast<double>(facts.content_bytes);
  SwarmBounds bounds;
  if (seeds_up == 0 || leechers == 0) return bounds;
  bounds.first = bytes / seeds_up;
  bounds.last = std::max(bounds.first, leechers * bytes / all_up);
  if (slowest_down > 0) bounds.last = std::max(bounds.last, bytes / slowest_down);
  return bounds;
}

void AddSwarmMetrics(const SwarmFacts& facts, Metrics* metrics) {
  const Completions all = CompletionsOf(facts, std::nullopt);
  AddDistribution("all.completion_s", all.seconds, metrics);
  std::vector<Sums> sums;
  for (size_t p = 0; p < facts.scenario.populations.size(); ++p) {
    sums.push_back(SumsOf(facts, p));
    AddPopulation(facts, p, all, sums[p], metrics);
  }
  AddTotals(facts, all, sums, metrics);
  const SwarmBounds bounds = BoundsOf(facts);
  if (bounds.last > 0) {
    (*metrics)["t_min_s"] = bounds.last;
    (*metrics)["seed_limit_s"] = bounds.first;
  }
  double leechers = 0;
  double seeds = 0;
  const Time from = facts.start + facts.scenario.measure_from;
  for (size_t p = 0; p < facts.scenario.populations.size(); ++p) {
    const double present = facts.meter.PresentOf(p, from, facts.end, /*leeching_only=*/false);
    const double leeching = facts.meter.PresentOf(p, from, facts.end, /*leeching_only=*/true);
    leechers += leeching;
    if (!facts.scenario.populations[p].seeds) seeds += present - leeching;
  }
  (*metrics)["leechers_present.mean"] = leechers;
  (*metrics)["finished_present.mean"] = seeds;
}

Table NodesTable(const SwarmFacts& facts) {
  Table table{"nodes",
              "One row a member, in the order in which they were planned.",
              {{"node", "1", "Its number; --watch takes it."},
               {"population", "", "Name of its population."},
               {"up", "B/s", "Its uplink; 0: no limit."},
               {"down", "B/s", "Its downlink; 0: no limit."},
               {"joined_s", "s", "When it came, from the start of the scenario."},
               {"done_s", "s", "When it had everything; empty: never."},
               {"left_s", "s", "When it left; empty: it stayed."},
               {"downloaded", "B", "Payload it received."},
               {"uploaded", "B", "Payload it sent."},
               {"wasted", "B", "Payload it had already, or that was corrupt."},
               {"link_up", "B", "All stream bytes that its uplink carried, without headers."},
               {"dht_queries", "1", "Queries that it sent into the DHT."},
               {"pieces_failed", "1", "Pieces whose hash was wrong."},
               {"peers_banned", "1", "Peers that it banned."}},
              {}};
  const auto time = [&](Time when) { return when == kNever ? kNoValue : Since(when, facts.start); };
  for (const Member& member : facts.cast.members()) {
    if (member.joined == kNever) continue;
    const Traffic traffic = facts.cast.TrafficOf(member);
    table.rows.push_back({double(member.number), facts.scenario.populations[member.population].name,
                          double(member.up), double(member.down), time(member.joined),
                          time(member.done), time(member.left), double(traffic.downloaded),
                          double(traffic.uploaded), double(traffic.wasted), double(traffic.link_up),
                          double(traffic.dht_queries), double(member.pieces_failed),
                          double(member.peers_banned)});
  }
  return table;
}

std::vector<std::string> BrokenBounds(const SwarmFacts& facts) {
  std::vector<std::string> broken;
  const SwarmBounds bounds = BoundsOf(facts);
  const Completions all = CompletionsOf(facts, std::nullopt);
  if (bounds.last == 0 || all.seconds.empty()) return broken;
  const double first = Since(*all.first, facts.start);
  const double last = Since(*all.last, facts.start);
  if (first < bounds.first) {
    broken.push_back(absl::StrCat("C3: the first leecher was done after ", first,
                                  " s, before the seeds can have sent one copy (", bounds.first,
                                  " s)"));
  }
  const bool everybody = all.seconds.size() == facts.cast.expected();
  if (everybody && last < bounds.last) {
    broken.push_back(absl::StrCat("C1: the last leecher was done after ", last,
                                  " s, earlier than possible (", bounds.last, " s)"));
  }
  return broken;
}

}  // namespace starling::sim
