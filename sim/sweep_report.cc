#include "sim/sweep_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"
#include "sim/report_facts.h"
#include "sim/report_files.h"
#include "sim/report_html.h"
#include "sim/result_csv.h"
#include "sim/statistics.h"
#include "sim/tables.h"

namespace starling::sim {
namespace {

constexpr size_t kRowsMax = 3000;    // that a browser draws without effort
constexpr size_t kPointsMax = 200;   // in the table; summary.csv has all
constexpr size_t kGainFactsMax = 4;  // more stand in the plot alone

bool Has(const SweepTable& table, absl::string_view metric) {
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const SweepRow& row) {
    return row.metrics.contains(std::string(metric));
  });
}

// The one that the plots are about; null if there is none.
const MainMetric* FirstMetric(const SweepTable& table) {
  for (const MainMetric& metric : MainMetrics()) {
    if (Has(table, metric.name)) return &metric;
  }
  return nullptr;
}

double ValueOf(const SweepRow& row, absl::string_view metric) {
  const auto found = row.metrics.find(std::string(metric));
  return found == row.metrics.end() ? kNoValue : found->second;
}

std::string NameOf(const SweepTable& table, const std::vector<std::string>& values) {
  return PointName(table.keys, values);
}

std::string EstimateText(const Estimate& estimate) {
  if (std::isnan(estimate.low)) return FormatRounded(estimate.mean);
  return absl::StrCat(FormatRounded(estimate.mean), " ± ",
                      FormatRounded((estimate.high - estimate.low) / 2));
}

// A row a combination: means over the seeds with their 95 % intervals.
TextTable PointsTable(const SweepTable& table, std::span<const SweepPoint> points) {
  TextTable text{{"combination", "runs"}, {}};
  points = points.first(std::min(points.size(), kPointsMax));
  for (const SweepPoint& point : points) {
    const auto runs = std::count_if(table.rows.begin(), table.rows.end(), [&](const SweepRow& row) {
      return row.values == point.values && !row.metrics.empty();
    });
    text.rows.push_back({NameOf(table, point.values), absl::StrCat(runs)});
  }
  for (const MainMetric& metric : MainMetrics()) {
    if (!Has(table, metric.name)) continue;
    text.columns.emplace_back(metric.label);
    for (size_t i = 0; i < points.size(); ++i) {
      const auto found = points[i].metrics.find(metric.name);
      text.rows[i].push_back(found == points[i].metrics.end() ? "-" : EstimateText(found->second));
    }
  }
  return text;
}

// Each metric of each combination, for those who look for one.
TextTable AllMetrics(const SweepTable& table, std::span<const SweepPoint> points) {
  TextTable text{{"combination", "metric", "mean"}, {}};
  for (const SweepPoint& point : points) {
    for (const auto& [name, estimate] : point.metrics) {
      if (text.rows.size() == kRowsMax) return text;
      text.rows.push_back({NameOf(table, point.values), name, EstimateText(estimate)});
    }
  }
  return text;
}

std::vector<Fact> FactsOf(const SweepTable& table, size_t points, const Table& gains) {
  std::set<uint64_t> seeds;
  for (const SweepRow& row : table.rows) seeds.insert(row.seed);
  std::vector<Fact> facts = {
      {"runs", FormatCount(static_cast<double>(table.rows.size())),
       absl::StrCat(FormatCount(static_cast<double>(points)),
                    points == 1 ? " combination of values" : " combinations of values", ", ",
                    FormatCount(static_cast<double>(seeds.size())),
                    seeds.size() == 1 ? " seed" : " seeds", " each")}};
  std::map<std::string, std::vector<double>> by_point;
  std::vector<std::string> order;
  for (const std::vector<Cell>& row : gains.rows) {
    const std::string& name = std::get<std::string>(row[0]);
    if (!by_point.contains(name)) order.push_back(name);
    by_point[name].push_back(std::get<double>(row[2]));
  }
  if (order.size() > kGainFactsMax) order.resize(kGainFactsMax);
  for (const std::string& name : order) {
    std::map<std::string, double> gain;
    AddDistribution("gain", by_point[name], &gain);
    facts.push_back({absl::StrCat("median gain of ", name),
                     absl::StrFormat("%.2f x", gain["gain.p50"]),
                     absl::StrFormat("over the first combination, seed by seed; the middle half of "
                                     "%d seeds lies between %.2f and %.2f",
                                     by_point[name].size(), gain["gain.p25"], gain["gain.p75"])});
  }
  return facts;
}

std::vector<Plot> PlotsOf(const SweepTable& table, const Table& gains) {
  const MainMetric* metric = FirstMetric(table);
  if (metric == nullptr) return {};
  const std::string first = NameOf(table, table.rows.front().values);
  const std::vector<std::pair<absl::string_view, std::string>> tokens = {
      {"@metric@", EscapedForSpec(metric->label)}, {"@first@", EscapedForSpec(first)}};
  std::vector<Plot> plots;
  plots.push_back({"sweep-values", absl::StrCat("What the runs came to: ", metric->label),
                   "Each line climbs from 0 to 100 % as the runs (seeds) of a combination are "
                   "counted, the lowest first. A point is a run; a steep line is a result that "
                   "hardly depends on the seed.",
                   absl::StrReplaceAll(report_plot_sweep_values(), tokens)});
  if (!gains.rows.empty()) {
    plots.push_back(
        {"sweep-gains", absl::StrCat("Seed by seed, against ", first),
         absl::StrCat("A point is a seed: ", metric->label, " with ", first,
                      ", over that of the other combination with the same seed. Right of the "
                      "dashed line at 1 the other one has less. Where a line crosses 50 % is its "
                      "median, and right of its crossing of 75 % lies a quarter of the seeds."),
         absl::StrReplaceAll(report_plot_sweep_gains(), tokens)});
  }
  return plots;
}

std::string WarningsOf(const SweepTable& table) {
  size_t broken = 0;
  size_t missing = 0;
  for (const SweepRow& row : table.rows) {
    broken += row.broken > 0 ? 1 : 0;
    missing += row.trace_hash.empty() ? 1 : 0;
  }
  std::string html;
  if (broken > 0) {
    absl::StrAppend(&html, "<p class=\"warning\"><b>What must always hold did not</b> in ", broken,
                    " runs; the column \"broken\" of runs.csv says in which.</p>\n");
  }
  if (missing > 0) {
    absl::StrAppend(&html, "<p class=\"warning\"><b>", missing,
                    " runs could not be made.</b></p>\n");
  }
  return html;
}

std::string FilesOf(const std::vector<Plot>& plots, const std::vector<Table>& tables) {
  std::vector<std::pair<std::string, std::string>> files = {
      {"runs.csv", "a row a run, with every metric"},
      {"summary.csv", "the mean of each metric and its 95 % interval, for each combination"},
      {"sweep.json", "what was swept"}};
  return FilesHtml(std::move(files), tables, plots);
}

}  // namespace

Table SweepValues(const SweepTable& table) {
  Table values{"values",
               "What the plots show: a row a run.",
               {{"combination", "", "The values of the keys."},
                {"seed", "1", "Of the run."},
                {"value", "", "Its first main metric."}},
               {}};
  const MainMetric* metric = FirstMetric(table);
  if (metric == nullptr) return values;
  for (const SweepRow& row : table.rows) {
    const double value = ValueOf(row, metric->name);
    if (std::isnan(value)) continue;
    values.rows.push_back({NameOf(table, row.values), static_cast<double>(row.seed), value});
  }
  return values;
}

Table SweepGains(const SweepTable& table) {
  Table gains{"gains",
              "The first combination's value over that of another, with the same seed.",
              {{"combination", "", "The other one."},
               {"seed", "1", "Of both runs."},
               {"gain", "1", "The first one's value over its own."}},
              {}};
  const MainMetric* metric = FirstMetric(table);
  if (metric == nullptr || !metric->less_is_better) return gains;
  const std::vector<std::string>& first = table.rows.front().values;
  std::map<uint64_t, double> of_first;
  for (const SweepRow& row : table.rows) {
    const double value = ValueOf(row, metric->name);
    if (row.values == first && value > 0) of_first[row.seed] = value;
  }
  for (const SweepRow& row : table.rows) {
    const double value = ValueOf(row, metric->name);
    const auto base = of_first.find(row.seed);
    if (row.values == first || base == of_first.end() || !(value > 0)) continue;
    gains.rows.push_back(
        {NameOf(table, row.values), static_cast<double>(row.seed), base->second / value});
  }
  return gains;
}

SweepReport MakeSweepReport(const SweepReportSource& source) {
  SweepReport report;
  const std::vector<SweepPoint> points = SummarisePoints(source.table);
  const Table gains = SweepGains(source.table);
  report.tables = {SweepValues(source.table), gains};
  std::erase_if(report.tables, [](const Table& table) { return table.rows.empty(); });
  report.plots = PlotsOf(source.table, gains);
  ReportParts parts;
  parts.title = source.scenario.title.empty() ? source.scenario.name : source.scenario.title;
  parts.kind = absl::StrCat("Sweep: ", source.provenance.command);
  parts.about = source.scenario.about;
  parts.scenario = std::string(source.scenario_text);
  parts.warnings = WarningsOf(source.table);
  parts.facts = FactsHtml(FactsOf(source.table, points.size(), gains));
  parts.classes = absl::StrCat("<section><h2>By combination</h2>\n",
                               TableHtml(PointsTable(source.table, points)),
                               "<p>Means over the seeds, with their 95 % intervals.</p></section>");
  parts.provenance = absl::StrCat(
      DefinitionsHtml({{"Scenario", source.scenario.name},
                       {"Command", source.provenance.command},
                       {"Program", ProgramOf(source.provenance)},
                       {"Compiler", source.provenance.compiler}}),
      "<p>Every member ran the code of the real node; only network, disks and time were simulated. "
      "The same seed gives the same run on any machine; runs.csv has the trace hash of "
      "each.</p>\n");
  parts.metrics = TableHtml(AllMetrics(source.table, points));
  parts.files = FilesOf(report.plots, report.tables);
  Json data;
  data.BeginObject();
  for (const Table& table : report.tables) {
    data.Key(absl::StrCat(table.name, ".csv")).Text(TableCsv(Thinned(table, kRowsMax, "")));
  }
  parts.data = data.End().text();
  const bool is_large = source.table.rows.size() > kRowsMax;
  if (is_large || points.size() > kPointsMax) {
    parts.note = absl::StrCat("This sweep is large: the plots show ", kRowsMax,
                              " of its runs at most, picked evenly, the table the first ",
                              kPointsMax, " combinations; runs.csv and summary.csv have all. ");
  }
  parts.plot_library = source.plot_library;
  report.page = FillPage(parts, report.plots);
  return report;
}

}  // namespace starling::sim
