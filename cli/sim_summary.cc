#include "cli/sim_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/text.h"
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

// Columns that do not fit any more are left out.
void AppendTable(const sim::TextTable& table, int width, std::vector<std::string>* lines) {
  std::vector<int> widths;
  int room = width - 1;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    int cells = DisplayWidth(table.columns[i]);
    for (const std::vector<std::string>& row : table.rows) {
      cells = std::max(cells, DisplayWidth(Printable(row[i])));
    }
    room -= cells + 2;
    if (room < 0 && i > 0) break;
    widths.push_back(cells);
  }
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = Printable(row[i]);
      absl::StrAppend(&line, "  ", i == 0 ? PadRight(cell, widths[i]) : PadLeft(cell, widths[i]));
    }
    lines->push_back(Shorten(line, width));
  };
  append(table.columns);
  for (const std::vector<std::string>& row : table.rows) append(row);
}

bool IsLeecher(const sim::Scenario& scenario, const std::string& name) {
  return std::any_of(
      scenario.populations.begin(), scenario.populations.end(),
      [&](const sim::PopulationSpec& spec) { return spec.name == name && !spec.seeds; });
}

TextPlot CompletionPlot(const sim::Scenario& scenario, const sim::Table& nodes) {
  TextPlot plot;
  plot.title = "leechers that have everything, by time since joining";
  plot.y_middle = "50%";
  plot.y_high = "100%";
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
  plot.x_max = 0;
  for (const sim::PopulationSpec& spec : scenario.populations) {
    std::vector<double>& times = waits[spec.name];
    if (times.empty()) continue;
    std::sort(times.begin(), times.end());
    TextLine line{spec.name, {}, /*is_step=*/true};
    for (size_t i = 0; i < times.size(); ++i) {
      line.points.emplace_back(
          times[i], static_cast<double>(i + 1) / static_cast<double>(members[spec.name]));
    }
    plot.x_max = std::max(plot.x_max, times.back());
    plot.lines.push_back(std::move(line));
  }
  plot.x_begin = "0";
  plot.x_end = sim::FormatSeconds(plot.x_max);
  return plot;
}

TextPlot UtilisationPlot(const sim::Table& series) {
  TextPlot plot;
  plot.title = "uplink in use, over time";
  plot.y_middle = "50%";
  plot.y_high = "100%";
  const std::optional<size_t> time = FindColumn(series, "time_s");
  const std::optional<size_t> population = FindColumn(series, "population");
  const std::optional<size_t> utilisation = FindColumn(series, "utilisation");
  plot.x_max = 0;
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
  plot.x_begin = "0";
  plot.x_end = sim::FormatSeconds(plot.x_max);
  return plot;
}

TextPlot LookupPlot(const sim::Table& lookups) {
  TextPlot plot;
  plot.title = "DHT lookups, by time since they began";
  plot.y_middle = "50%";
  plot.y_high = "100%";
  plot.x_max = 0;
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
    std::sort(times.begin(), times.end());
    TextLine line{kind.second, {}, /*is_step=*/true};
    for (size_t i = 0; i < times.size(); ++i) {
      line.points.emplace_back(times[i],
                               static_cast<double>(i + 1) / static_cast<double>(times.size()));
    }
    // The slowest of a thousand would press all others against the axis.
    plot.x_max = std::max(plot.x_max, times[(times.size() - 1) * 99 / 100]);
    plot.lines.push_back(std::move(line));
  }
  plot.x_begin = "0";
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
    AppendTable(classes, width, &lines);
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
