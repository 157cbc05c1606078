#include "sim/report_plots.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"
#include "sim/report_files.h"
#include "sim/tables.h"

namespace starling::sim {
namespace {

struct TimeUnit {
  absl::string_view name;
  double seconds;
};

// The unit in which an axis that ends at `longest` has numbers that people read.
TimeUnit UnitFor(double longest) {
  if (longest >= 2 * 86'400) return {"days", 86'400};
  if (longest >= 3 * 3600) return {"hours", 3600};
  if (longest >= 5 * 60) return {"minutes", 60};
  if (longest >= 1) return {"seconds", 1};
  return {"milliseconds", 0.001};
}

double Largest(const Table* table, absl::string_view column) {
  double largest = 0;
  if (table == nullptr) return largest;
  const std::optional<size_t> index = FindColumn(*table, column);
  for (const std::vector<Cell>& row : table->rows) {
    const double number = NumberAt(row, index);
    if (number > largest) largest = number;
  }
  return largest;
}

// Names as a JSON array, leechers first: classes keep their colour in plots that show those alone.
std::string Names(const Scenario& scenario, bool with_seeds) {
  Json names;
  names.BeginArray();
  for (const bool seeds : {false, true}) {
    for (const PopulationSpec& population : scenario.populations) {
      if (population.seeds == seeds && (!seeds || with_seeds)) names.Text(population.name);
    }
  }
  return names.End().text();
}

// Uplinks that lie far apart are compared by their ratio.
absl::string_view UplinkScale(const Table* nodes) {
  if (nodes == nullptr) return "linear";
  const std::optional<size_t> up = FindColumn(*nodes, "up");
  double least = 0;
  for (const std::vector<Cell>& row : nodes->rows) {
    const double uplink = NumberAt(row, up);
    if (uplink > 0 && (least == 0 || uplink < least)) least = uplink;
  }
  return Largest(nodes, "up") > 8 * least ? "log" : "linear";
}

class PlotList {
 public:
  PlotList(const Scenario& scenario, const Result& result) {
    const TimeUnit time = UnitFor(Largest(FindTable(result, "series"), "time_s"));
    const double longest = FindMetric(result, "all.completion_s.max");
    const double bound = FindMetric(result, "t_min_s");
    const TimeUnit wait = UnitFor(std::fmax(std::fmax(longest, bound), 0));
    tokens_ = {{"@time_unit@", std::string(time.name)},
               {"@time_scale@", ShortestText(time.seconds)},
               {"@wait_unit@", std::string(wait.name)},
               {"@wait_scale@", ShortestText(wait.seconds)},
               {"@leechers@", EscapedForSpec(Names(scenario, /*with_seeds=*/false))},
               {"\"@leecher_classes@\"", Names(scenario, /*with_seeds=*/false)},
               {"\"@classes@\"", Names(scenario, /*with_seeds=*/true)},
               {"@uplink_scale@", std::string(UplinkScale(FindTable(result, "nodes")))}};
  }

  void Add(absl::string_view name, absl::string_view heading, absl::string_view reading,
           absl::string_view spec) {
    plots_.push_back({std::string(name), std::string(heading), std::string(reading),
                      absl::StrReplaceAll(spec, tokens_)});
  }
  std::vector<Plot> Take() { return std::move(plots_); }

 private:
  std::vector<std::pair<absl::string_view, std::string>> tokens_;
  std::vector<Plot> plots_;
};

// Is there more than one uplink among those that finished? Else there is nothing to compare.
bool UplinksDiffer(const Table& nodes) {
  const std::optional<size_t> up = FindColumn(nodes, "up");
  std::set<double> uplinks;
  for (const std::vector<Cell>& row : nodes.rows) {
    if (NumberAt(row, up) > 0) uplinks.insert(NumberAt(row, up));
    if (uplinks.size() > 3) return true;
  }
  return uplinks.size() > 2;
}

void AddNodePlots(const Table& nodes, bool any_done, PlotList* plots) {
  if (any_done) {
    plots->Add(
        "completion", "When leechers had everything",
        "Each line climbs from 0 to 100 % as the members of a class finish. The further left "
        "and the steeper, the better; a line that ends below 100 % left members behind. No "
        "protocol can serve the last one before the dashed lower bound.",
        report_plot_completion());
  }
  if (any_done && UplinksDiffer(nodes)) {
    plots->Add(
        "fairness", "Do those who give more finish sooner?",
        "A point is a leecher: how fast its uplink is, and how long it took. Where the cloud "
        "falls to the right, giving pays; where it is flat, it does not.",
        report_plot_fairness());
  }
}

void AddSeriesPlots(PlotList* plots) {
  plots->Add("utilisation", "How much of the uplinks is in use",
             "What each class sends, over what its uplinks could carry. A swarm lives off its "
             "members' uplinks: what is idle here is time that somebody waits.",
             report_plot_utilisation());
  plots->Add("upload", "Who sends the content",
             "Payload a second, the classes stacked: the height is what the swarm moves, the bands "
             "say who carries it.",
             report_plot_upload());
  plots->Add("download", "Who receives it", "Payload a second, the classes stacked.",
             report_plot_download());
  plots->Add("members", "Leechers and seeds",
             "Members present that still lack something, and those that have everything.",
             report_plot_members());
}

void AddSwarmPlots(const Scenario& scenario, const Result& result, PlotList* plots) {
  const auto leecher_classes =
      std::count_if(scenario.populations.begin(), scenario.populations.end(),
                    [](const PopulationSpec& population) { return !population.seeds; });
  const Table* nodes = FindTable(result, "nodes");
  if (nodes != nullptr) {
    AddNodePlots(*nodes, FindMetric(result, "all.completion_s.count") > 0, plots);
  }
  if (FindTable(result, "series") != nullptr) AddSeriesPlots(plots);
  if (const Table* pieces = FindTable(result, "pieces")) {
    plots->Add("availability", "How many copies of the pieces there are",
               "Solid: a piece on average; dashed: the rarest one; the band reaches up to the "
               "commonest. A narrow band means that rarest-first spreads pieces evenly. The scale "
               "is logarithmic above 1.",
               report_plot_availability());
    if (Largest(pieces, "single") > 0 || Largest(pieces, "missing") > 0) {
      plots->Add("scarce-pieces", "Pieces that one departure could take away",
                 "Pieces of which there is a single copy, or none, among those present.",
                 report_plot_scarce_pieces());
    }
  }
  const Table* unchokes = FindTable(result, "unchokes");
  if (Largest(unchokes, "unchoke_s") > 0 && leecher_classes > 1) {
    plots->Add("unchokes", "Who serves whom",
               "Of the time for which a class (row) serves anybody, the share that goes to each "
               "class (column). Dark squares on the diagonal: like serves like.",
               report_plot_unchokes());
  }
  if (nodes != nullptr && Largest(nodes, "downloaded") > 0) {
    plots->Add("share-ratio", "What leechers gave for what they got",
               "Payload sent over payload received. The box holds the middle half of the class, "
               "the whiskers reach to the least and the most generous; 1 is even.",
               report_plot_share_ratio());
  }
}

// Several variants side by side, where there are several.
void AddVariantPlots(PlotList* plots) {
  plots->Add(
      "variants", "How soon each variant has its first answer",
      "Share of the lookups that had an answer from one of the 8 closest nodes. The scale of "
      "time is logarithmic.",
      report_plot_variants());
}

void AddLookupPlots(PlotList* plots) {
  plots->Add("lookup-time", "How long DHT lookups take",
             "Share of the lookups that had their first answer from one of the 8 closest nodes, "
             "and that had ended. The scale of time is logarithmic.",
             report_plot_lookup_time());
  plots->Add("hops", "How many hops DHT lookups take",
             "Length of the chain of referrals that led to the first of the 8 closest nodes; it "
             "grows with the logarithm of the number of nodes.",
             report_plot_hops());
  plots->Add("queries", "How many questions DHT lookups ask", "Queries sent, a lookup.",
             report_plot_queries());
}

}  // namespace

std::string EscapedForSpec(absl::string_view text) {
  Json json;
  json.Text(text);
  return json.text().substr(1, json.text().size() - 2);
}

std::vector<Plot> PlotsOf(const Scenario& scenario, const Result& result) {
  PlotList plots(scenario, result);
  AddSwarmPlots(scenario, result, &plots);
  if (FindTable(result, "variants") != nullptr) AddVariantPlots(&plots);
  if (FindTable(result, "lookups") != nullptr) AddLookupPlots(&plots);
  return plots.Take();
}

}  // namespace starling::sim
