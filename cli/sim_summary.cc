#include "cli/sim_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/text.h"
#include "cli/text_table.h"
#include "sim/report_facts.h"
#include "sim/result_json.h"
#include "sim/tables.h"

namespace starling::cli {

namespace {

using sim::FindColumn;
using sim::FindTable;
using sim::NumberAt;
using sim::TextAt;

constexpr int kPlotHeight = 11;
constexpr int kPlotWidthMax = 100;

// `text` in lines of at most `width` cells, broken between words.
std::vector<std::string> Wrap(absl::string_view text, int width) {
  std::vector<std::string> lines = {""};
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    std::string& line = lines.back();
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.emplace_back(word);
    } else {
      absl::StrAppend(&line, line.empty() ? "" : " ", word);
    }
  }
  return lines;
}

void AppendFacts(const std::vector<sim::Fact>& facts, int width, std::vector<std::string>* lines) {
  int names = 0;
  int values = 0;
  for (const sim::Fact& fact : facts) {
    names = std::max(names, DisplayWidth(fact.name));
    values = std::max(values, DisplayWidth(fact.value));
  }
  const int indent = names + values + 6;
  for (const sim::Fact& fact : facts) {
    const std::string head =
        absl::StrCat("  ", PadRight(fact.name, names), "  ", PadLeft(fact.value, values), "  ");
    bool is_first = true;
    for (const std::string& part : Wrap(fact.meaning, std::max(width - indent, 20))) {
      lines->push_back(Shorten(absl::StrCat(is_first ? head : PadRight("", indent), part), width));
      is_first = false;
    }
  }
}

bool IsLeecher(const sim::Scenario& scenario, const std::string& name) {
  return std::any_of(
      scenario.populations.begin(), scenario.populations.end(),
      [&](const sim::PopulationSpec& spec) { return spec.name == name && !spec.seeds; });
}

TextPlot SharePlot(absl::string_view title) {
  TextPlot plot;
  plot.title = std::string(title);
  plot.y_middle = "50%";
  plot.y_high = "100%";
  plot.x_begin = "0";
  plot.x_max = 0;
  return plot;
}

// Which share of `whole` was done by when; sorts `times`.
TextLine ShareDone(std::string name, std::vector<double>& times, size_t whole) {
  std::sort(times.begin(), times.end());
  TextLine line{std::move(name), {}, /*is_step=*/true};
  for (size_t i = 0; i < times.size(); ++i) {
    line.points.emplace_back(times[i], static_cast<double>(i + 1) / static_cast<double>(whole));
  }
  return line;
}

TextPlot CompletionPlot(const sim::Scenario& scenario, const sim::Table& nodes) {
  TextPlot plot = SharePlot("leechers that have everything, by time since joining");
  const std::optional<size_t> population = FindColumn(nodes, "population");
  const std::optional<size_t> joined = FindColumn(nodes, "joined_s");
  const std::optional<size_t> done = FindColumn(nodes, "done_s");
  std::map<std::string, size_t> members;
  std::map<std::string, std::vector<double>> waits;
  for (const std::vector<sim::Cell>& row : nodes.rows) {
    const std::string name = TextAt(row, population);
    if (!IsLeecher(scenario, name)) continue;
    ++members[name];
    const double wait = NumberAt(row, done) - NumberAt(row, joined);
    if (!std::isnan(wait)) waits[name].push_back(wait);
  }
  for (const sim::PopulationSpec& spec : scenario.populations) {
    std::vector<double>& times = waits[spec.name];
    if (times.empty()) continue;
    plot.lines.push_back(ShareDone(spec.name, times, members[spec.name]));
    plot.x_max = std::max(plot.x_max, times.back());
  }
  plot.x_end = sim::FormatSeconds(plot.x_max);
  return plot;
}

TextPlot UtilisationPlot(const sim::Table& series) {
  TextPlot plot = SharePlot("uplink in use, over time");
  const std::optional<size_t> time = FindColumn(series, "time_s");
  const std::optional<size_t> population = FindColumn(series, "population");
  const std::optional<size_t> utilisation = FindColumn(series, "utilisation");
  for (const std::vector<sim::Cell>& row : series.rows) {
    const double when = NumberAt(row, time);
    const double value = NumberAt(row, utilisation);
    if (std::isnan(when) || std::isnan(value)) continue;
    plot.x_max = std::max(plot.x_max, when);
    const std::string name = TextAt(row, population);
    auto line = std::find_if(plot.lines.begin(), plot.lines.end(),
                             [&](const TextLine& known) { return known.name == name; });
    if (line == plot.lines.end()) line = plot.lines.insert(line, TextLine{name, {}, false});
    line->points.emplace_back(when, value);
  }
  plot.x_end = sim::FormatSeconds(plot.x_max);
  return plot;
}

TextPlot LookupPlot(const sim::Table& lookups) {
  TextPlot plot = SharePlot("DHT lookups, by time since they began");
  const std::pair<const char*, const char*> kinds[] = {
      {"first_ms", "first of the 8 closest answered"}, {"done_ms", "ended"}};
  for (const auto& kind : kinds) {
    const std::optional<size_t> column = FindColumn(lookups, kind.first);
    std::vector<double> times;
    for (const std::vector<sim::Cell>& row : lookups.rows) {
      const double time = NumberAt(row, column) / 1000;
      if (!std::isnan(time)) times.push_back(time);
    }
    if (times.empty()) continue;
    plot.lines.push_back(ShareDone(kind.second, times, times.size()));
    // The slowest of a thousand would press all others against the axis.
    plot.x_max = std::max(plot.x_max, times[(times.size() - 1) * 99 / 100]);
  }
  plot.x_end = sim::FormatSeconds(plot.x_max);
  return plot;
}

void AppendPlot(const TextPlot& plot, int width, std::vector<std::string>* lines) {
  if (plot.lines.empty() || !(plot.x_max > 0)) return;
  lines->push_back("");
  for (std::string& line : RenderTextPlot(plot, std::min(width, kPlotWidthMax), kPlotHeight)) {
    lines->push_back(std::move(line));
  }
}

}  // namespace

std::vector<std::string> RenderSimSummary(const sim::Scenario& scenario, const sim::Result& result,
                                          int width) {
  std::vector<std::string> lines;
  lines.push_back(Shorten(
      absl::StrCat(Printable(result.scenario), ", seed ", result.seed, ", trace hash ",
                   sim::FormatTraceHash(result.trace_hash),
                   result.partial ? absl::StrCat(", partial: stopped after ",
                                                 sim::FormatSeconds(ToSeconds(result.simulated)))
                                  : ""),
      width));
  lines.push_back("");
  AppendFacts(sim::FactsOf(scenario, result), width, &lines);
  const sim::TextTable classes = sim::ClassesOf(scenario, result);
  if (!classes.rows.empty()) {
    lines.push_back("");
    for (std::string& line : RenderTextRows({classes.columns, classes.rows}, width)) {
      lines.push_back(std::move(line));
    }
  }
  if (const sim::Table* nodes = FindTable(result, "nodes")) {
    AppendPlot(CompletionPlot(scenario, *nodes), width, &lines);
  }
  if (const sim::Table* series = FindTable(result, "series")) {
    AppendPlot(UtilisationPlot(*series), width, &lines);
  }
  if (const sim::Table* lookups = FindTable(result, "lookups")) {
    AppendPlot(LookupPlot(*lookups), width, &lines);
  }
  return lines;
}

}  // namespace starling::cli
