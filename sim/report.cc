#include "sim/report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/json.h"
#include "sim/report_facts.h"
#include "sim/report_html.h"
#include "sim/result_csv.h"
#include "sim/tables.h"

namespace starling::sim {
namespace {

// What a browser draws without effort; the CSV files beside the page have every row.
constexpr size_t kRowsMax = 3000;

std::string ClassesHtml(const ReportSource& source) {
  const TextTable classes = ClassesOf(source.scenario, source.result);
  if (classes.rows.empty()) return "";
  return absl::StrCat("<section><h2>By class</h2>\n", TableHtml(classes), "</section>");
}

std::string WarningsHtml(const Result& result) {
  std::string html;
  if (!result.broken.empty()) {
    std::string sentences;
    for (const std::string& sentence : result.broken) {
      absl::StrAppend(&sentences, "<br>", Html(sentence));
    }
    absl::StrAppend(&html, "<p class=\"warning\"><b>What must always hold did not.</b>", sentences,
                    "</p>\n");
  }
  if (result.partial) {
    absl::StrAppend(&html,
                    "<p class=\"warning\"><b>This result is partial.</b> The run was stopped "
                    "after ",
                    FormatSeconds(ToSeconds(result.simulated)),
                    " of simulated time; all figures are of that part.</p>\n");
  }
  return html;
}

std::string ProvenanceHtml(const ReportSource& source) {
  const Provenance& from = source.provenance;
  return absl::StrCat(
      DefinitionsHtml({{"Scenario", source.result.scenario},
                       {"Seed", absl::StrCat(source.result.seed)},
                       {"Command", from.command},
                       {"Trace hash", FormatTraceHash(source.result.trace_hash)},
                       {"Simulated time", FormatSeconds(ToSeconds(source.result.simulated))},
                       {"Events", FormatCount(static_cast<double>(source.result.events))},
                       {"Program", ProgramOf(from)},
                       {"Compiler", from.compiler}}),
      "<p>Every member ran the code of the real node; only network, disks and "
      "time were simulated. The same seed gives the same run, with the same trace hash, "
      "on any machine: <code>starling sim run</code> with this folder repeats it and "
      "compares.</p>\n");
}

std::string MetricsHtml(const Result& result) {
  TextTable table{{"metric", "value"}, {}};
  for (const auto& [name, value] : result.metrics) {
    table.rows.push_back({name, FormatRounded(value)});
  }
  return TableHtml(table);
}

std::string FilesOf(const Result& result, const std::vector<Plot>& plots) {
  std::vector<std::pair<std::string, std::string>> files = {
      {"scenario.toml", "the scenario with every setting"},
      {"command.txt", "the command that made this"},
      {"result.json", "everything about the run, and every metric"},
      {"metrics.csv", "the metrics as a table"}};
  return FilesHtml(std::move(files), result.tables, plots);
}

// Column by which a table is ordered before rows are picked.
absl::string_view SortedBy(const Table& table) {
  if (table.name == "nodes") return "done_s";
  return table.name == "lookups" ? "done_ms" : "";
}

std::string DataJson(const Result& result, std::string* thinned) {
  Json json;
  json.BeginObject();
  std::vector<std::string> sentences;
  for (const Table& table : result.tables) {
    const Table shown = Thinned(table, kRowsMax, SortedBy(table));
    json.Key(absl::StrCat(table.name, ".csv")).Text(TableCsv(shown));
    if (shown.rows.size() == table.rows.size()) continue;
    sentences.push_back(absl::StrCat(FormatCount(static_cast<double>(shown.rows.size())), " of ",
                                     FormatCount(static_cast<double>(table.rows.size())),
                                     " rows of ", table.name, ".csv"));
  }
  json.Key("metrics.csv").Text(MetricsCsv(result)).End();
  if (!sentences.empty()) {
    *thinned = absl::StrCat("The plots above are drawn from ", absl::StrJoin(sentences, ", "),
                            ", picked or averaged evenly. ");
  }
  return json.text();
}

}  // namespace

std::string ReportPage(const ReportSource& source, const std::vector<Plot>& plots) {
  const bool is_swarm = source.scenario.kind == ScenarioKind::kSwarm;
  ReportParts parts;
  parts.title = source.scenario.title.empty() ? source.scenario.name : source.scenario.title;
  parts.kind =
      absl::StrCat(is_swarm ? "Simulated swarm: " : "Simulated DHT: ", source.provenance.command);
  parts.about = source.scenario.about;
  parts.scenario = std::string(source.scenario_text);
  parts.warnings = WarningsHtml(source.result);
  parts.facts = FactsHtml(FactsOf(source.scenario, source.result));
  parts.classes = ClassesHtml(source);
  parts.provenance = ProvenanceHtml(source);
  parts.metrics = MetricsHtml(source.result);
  parts.files = FilesOf(source.result, plots);
  parts.data = DataJson(source.result, &parts.note);
  parts.plot_library = source.plot_library;
  return FillPage(parts, plots);
}

}  // namespace starling::sim
