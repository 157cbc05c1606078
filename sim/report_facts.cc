#include "sim/report_facts.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/tables.h"

namespace starling::sim {
namespace {

constexpr char kNothing[] = "-";

class FactList {
 public:
  explicit FactList(const Result& result) : result_(result) {}

  double Metric(absl::string_view name) const { return FindMetric(result_, name); }
  void Add(absl::string_view name, std::string value, absl::string_view meaning) {
    facts_.push_back({std::string(name), std::move(value), std::string(meaning)});
  }
  // Only if there is such a metric.
  void AddMetric(absl::string_view metric, std::string (*format)(double), absl::string_view name,
                 absl::string_view meaning) {
    const double value = Metric(metric);
    if (!std::isnan(value)) Add(name, format(value), meaning);
  }
  std::vector<Fact> Take() { return std::move(facts_); }

 private:
  const Result& result_;
  std::vector<Fact> facts_;
};

struct Finished {
  double members = 0;
  double done = 0;
};

bool Counts(const PopulationSpec& population) { return population.measured && !population.seeds; }

// Measured leechers, or those of one population.
Finished CountFinished(const Scenario& scenario, const Result& result, absl::string_view only) {
  Finished finished;
  const Table* nodes = FindTable(result, "nodes");
  if (nodes == nullptr) return finished;
  const std::optional<size_t> population = FindColumn(*nodes, "population");
  const std::optional<size_t> done = FindColumn(*nodes, "done_s");
  std::map<std::string, bool> counts;
  for (const PopulationSpec& spec : scenario.populations) {
    counts[spec.name] = only.empty() ? Counts(spec) : spec.name == only;
  }
  for (const std::vector<Cell>& row : nodes->rows) {
    if (!counts[TextAt(row, population)]) continue;
    ++finished.members;
    if (!std::isnan(NumberAt(row, done))) ++finished.done;
  }
  return finished;
}

void AddSwarmFacts(const Scenario& scenario, const Result& result, FactList* facts) {
  const Finished finished = CountFinished(scenario, result, "");
  if (finished.members == 0) return;
  facts->Add("leechers done",
             absl::StrCat(FormatCount(finished.done), " of ", FormatCount(finished.members)),
             "got every piece while the run lasted");
  const bool is_whole = finished.done == finished.members;
  const std::string those = is_whole ? "" : " of those";
  facts->AddMetric("all.completion_s.p50", FormatSeconds,
                   is_whole ? "half of them done after" : "half of those after",
                   "from joining to having everything");
  facts->AddMetric("all.completion_s.p90", FormatSeconds,
                   absl::StrCat("nine in ten", those, " after"), "the same, for 90 %");
  facts->AddMetric("all.completion_s.max", FormatSeconds,
                   absl::StrCat("the slowest", those, " after"),
                   "how long the one took that waited longest");
  const double bound = facts->Metric("t_min_s");
  const double last = facts->Metric("last_completion_s");
  if (!result.partial && bound > 0 && last > 0) {
    facts->Add("over the lower bound", absl::StrFormat("%.2f x", last / bound),
               absl::StrCat("the last completion, over the ", FormatSeconds(bound),
                            " that no protocol can beat with these links"));
  }
  facts->AddMetric("all.utilisation", FormatShare, "uplink in use",
                   "of the leechers', from 5 % of the time to the first completion");
  facts->AddMetric("origin_copies", FormatRounded, "copies sent by the seeds",
                   absl::StrCat("a server would have sent ", FormatCount(finished.done)));
  facts->AddMetric("control_share", FormatShare, "overhead",
                   "of what was sent is not content: messages of the protocol");
  if (facts->Metric("duplicates_share") > 0.01) {
    facts->AddMetric("duplicates_share", FormatShare, "received in vain",
                     "of the content that arrived was there already, or corrupt");
  }
}

void AddLookupFacts(FactList* facts) {
  const auto milliseconds = [](double ms) { return FormatSeconds(ms / 1000); };
  facts->AddMetric("hops.count", FormatCount, "lookups measured", "in the DHT");
  facts->AddMetric("hops.mean", FormatRounded, "hops",
                   "on average, along the referrals to the first of the 8 closest nodes");
  facts->AddMetric("queries.mean", FormatRounded, "queries", "a lookup, on average");
  facts->AddMetric("first_ms.p50", milliseconds, "first answer after",
                   "median, from one of the 8 closest nodes");
  facts->AddMetric("first_ms.p99", milliseconds, "for the slow ones after",
                   "99 % had theirs by then");
  facts->AddMetric("done_ms.p50", milliseconds, "finished after", "median, for the whole lookup");
  facts->AddMetric("recall.mean", FormatShare, "recall",
                   "of the 8 truly closest live nodes were found");
  if (facts->Metric("timed_out_share") > 0) {
    facts->AddMetric("timed_out_share", FormatShare, "queries timed out",
                     "because the node asked had gone");
  }
  facts->AddMetric("maintenance_bytes_per_s", FormatRounded, "bytes a second",
                   "that a node sends to keep its table fresh");
}

}  // namespace

std::vector<Fact> FactsOf(const Scenario& scenario, const Result& result) {
  FactList facts(result);
  if (scenario.kind == ScenarioKind::kSwarm) {
    AddSwarmFacts(scenario, result, &facts);
  } else {
    AddLookupFacts(&facts);
  }
  return facts.Take();
}

namespace {

// The table "variants" of a benchmark of lookups, as it is.
TextTable VariantsOf(const Result& result) {
  TextTable table;
  const Table* variants = FindTable(result, "variants");
  if (variants == nullptr) return table;
  for (const Column& column : variants->columns) table.columns.push_back(column.name);
  for (const std::vector<Cell>& row : variants->rows) {
    std::vector<std::string>& texts = table.rows.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string text = TextAt(row, i);
      texts.push_back(text.empty() ? FormatRounded(NumberAt(row, i)) : text);
    }
  }
  return table;
}

}  // namespace

TextTable ClassesOf(const Scenario& scenario, const Result& result) {
  if (scenario.kind != ScenarioKind::kSwarm) return VariantsOf(result);
  TextTable table;
  table.columns = {"class", "members",    "done",       "uplink used", "share ratio",
                   "mean",  "half after", "90 % after", "slowest"};
  const auto add = [&](const std::string& name, const std::string& label, bool seeds,
                       const Finished& finished) {
    const auto metric = [&](absl::string_view suffix) {
      return FindMetric(result, absl::StrCat(name, suffix));
    };
    const auto seconds = [&](absl::string_view suffix) {
      return seeds ? kNothing : FormatSeconds(metric(absl::StrCat(".completion_s", suffix)));
    };
    const double ratio = metric(".share_ratio.mean");
    table.rows.push_back({label, FormatCount(finished.members),
                          seeds ? kNothing : FormatCount(finished.done),
                          FormatShare(metric(".utilisation")),
                          std::isnan(ratio) ? kNothing : absl::StrFormat("%.2f", ratio),
                          seconds(".mean"), seconds(".p50"), seconds(".p90"), seconds(".max")});
  };
  size_t leechers = 0;
  for (const PopulationSpec& population : scenario.populations) {
    const Finished finished = CountFinished(scenario, result, population.name);
    add(population.name, population.name, population.seeds, finished);
    leechers += Counts(population) ? 1 : 0;
  }
  if (leechers > 1) add("all", "all leechers", false, CountFinished(scenario, result, ""));
  return table;
}

std::string FormatSeconds(double seconds) {
  if (!std::isfinite(seconds)) return kNothing;
  if (seconds < 0) return absl::StrCat("-", FormatSeconds(-seconds));
  if (seconds < 0.9995) return absl::StrFormat("%.0f ms", seconds * 1000);
  if (seconds < 9.995) return absl::StrFormat("%.2f s", seconds);
  if (seconds < 99.95) return absl::StrFormat("%.1f s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 120) return absl::StrFormat("%d s", whole);
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  const int64_t minutes = (whole + 30) / 60;
  if (minutes < 48 * 60) return absl::StrFormat("%d h %02d min", minutes / 60, minutes % 60);
  return absl::StrFormat("%.1f days", seconds / 86'400);
}

std::string FormatShare(double share) {
  if (!std::isfinite(share)) return kNothing;
  const double percent = share * 100;
  const bool is_tiny = percent != 0 && std::fabs(percent) < 0.095;
  return absl::StrCat(is_tiny ? absl::StrFormat("%.2f", percent) : absl::StrFormat("%.1f", percent),
                      " %");
}

std::string FormatRounded(double number) {
  if (!std::isfinite(number)) return kNothing;
  const double size = std::fabs(number);
  if (size >= 1000) return FormatCount(number);
  if (size >= 100 || number == std::trunc(number)) return absl::StrFormat("%.0f", number);
  if (size >= 10) return absl::StrFormat("%.1f", number);
  if (size >= 0.1) return absl::StrFormat("%.2f", number);
  return absl::StrFormat("%.3g", number);
}

std::string FormatCount(double number) {
  if (!std::isfinite(number)) return kNothing;
  std::string digits = absl::StrFormat("%.0f", number);
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string FormatBytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  return absl::StrCat(FormatRounded(bytes), " ", kUnits[unit]);
}

}  // namespace starling::sim
