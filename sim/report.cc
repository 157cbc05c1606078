#include "sim/report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"
#include "sim/report_facts.h"
#include "sim/report_files.h"
#include "sim/result_csv.h"
#include "sim/tables.h"

namespace starling::sim {
namespace {

// What a browser draws without effort; the CSV files beside the page have every row.
constexpr size_t kRowsMax = 3000;

std::string Html(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// Inside a script element JSON must not hold what could end it.
std::string ForScript(absl::string_view json) {
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}});
}

std::string FactsHtml(const ReportSource& source) {
  std::string html;
  for (const Fact& fact : FactsOf(source.scenario, source.result)) {
    absl::StrAppend(&html, "<div class=\"fact\"><div class=\"name\">", Html(fact.name),
                    "</div><div class=\"value\">", Html(fact.value),
                    "</div><div class=\"meaning\">", Html(fact.meaning), "</div></div>\n");
  }
  return html;
}

std::string TableHtml(const TextTable& table) {
  std::string html = "<div class=\"table\"><table>\n<tr>";
  for (const std::string& column : table.columns) {
    absl::StrAppend(&html, "<th>", Html(column), "</th>");
  }
  html += "</tr>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row) absl::StrAppend(&html, "<td>", Html(cell), "</td>");
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

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

std::string PlotsHtml(const std::vector<Plot>& plots) {
  std::string html;
  for (const Plot& plot : plots) {
    absl::StrAppend(&html, "<figure>\n<div class=\"save\"><button id=\"save-", plot.name,
                    "\">Download SVG</button></div>\n<figcaption><h2>", Html(plot.heading),
                    "</h2><p>", Html(plot.reading),
                    "</p></figcaption>\n<div class=\"plot\" id=\"plot-", plot.name,
                    "\"></div>\n</figure>\n");
  }
  return html;
}

std::string ProvenanceHtml(const ReportSource& source) {
  const Provenance& from = source.provenance;
  std::string html = "<dl>\n";
  const auto row = [&](absl::string_view name, absl::string_view value) {
    if (!value.empty()) {
      absl::StrAppend(&html, "<dt>", Html(name), "</dt><dd>", Html(value), "</dd>\n");
    }
  };
  row("Scenario", source.result.scenario);
  row("Seed", absl::StrCat(source.result.seed));
  row("Command", from.command);
  row("Trace hash", FormatTraceHash(source.result.trace_hash));
  row("Simulated time", FormatSeconds(ToSeconds(source.result.simulated)));
  row("Events", FormatCount(static_cast<double>(source.result.events)));
  row("Program", absl::StrCat("starling ", from.version,
                              from.commit.empty() ? "" : absl::StrCat(", commit ", from.commit)));
  row("Compiler", from.compiler);
  return html +
         "</dl>\n<p>Every member ran the code of the real node; only network, disks and "
         "time were simulated. The same seed gives the same run, with the same trace hash, "
         "on any machine: <code>starling sim run</code> with this folder repeats it and "
         "compares.</p>\n";
}

std::string MetricsHtml(const Result& result) {
  TextTable table{{"metric", "value"}, {}};
  for (const auto& [name, value] : result.metrics) {
    table.rows.push_back({name, FormatRounded(value)});
  }
  return TableHtml(table);
}

std::string FilesHtml(const Result& result, const std::vector<Plot>& plots) {
  std::string html = "<ul>\n";
  const auto item = [&](absl::string_view file, absl::string_view about) {
    absl::StrAppend(&html, "<li><a href=\"", Html(file), "\">", Html(file), "</a>: ", Html(about),
                    "</li>\n");
  };
  item("scenario.toml", "the scenario with every setting");
  item("command.txt", "the command that made this");
  item("result.json", "everything about the run, and every metric");
  item("metrics.csv", "the metrics as a table");
  for (const Table& table : result.tables) item(absl::StrCat(table.name, ".csv"), table.about);
  for (const Plot& plot : plots) {
    item(absl::StrCat("plots/", plot.name, ".vl.json"), absl::StrCat("plot: ", plot.heading));
  }
  return html + "</ul>\n";
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

std::string SpecsJson(const std::vector<Plot>& plots) {
  std::vector<std::string> parts;
  for (const Plot& plot : plots) {
    parts.push_back(absl::StrCat("{\"name\":\"", plot.name, "\",\"spec\":", plot.spec, "}"));
  }
  return absl::StrCat("[", absl::StrJoin(parts, ",\n"), "]");
}

}  // namespace

std::string ReportPage(const ReportSource& source, const std::vector<Plot>& plots) {
  const bool is_swarm = source.scenario.kind == ScenarioKind::kSwarm;
  std::string thinned;
  const std::string data = DataJson(source.result, &thinned);
  const std::string footer = absl::StrCat(
      thinned, source.plot_library.empty()
                   ? "This program was built without the plot library, so that plots are missing."
                   : "Plots: Vega 6, Vega-Lite 6 and Vega-Embed 7 (University of Washington "
                     "Interactive Data Lab and contributors, BSD-3-Clause; with D3 and TopoJSON, "
                     "Mike Bostock, ISC), embedded in this page "
                     "with their licences; nothing is loaded from the network.");
  const absl::string_view title =
      source.scenario.title.empty() ? source.scenario.name : source.scenario.title;
  return absl::StrReplaceAll(
      report_page_html(),
      {{"{{title}}", Html(title)},
       {"{{kind}}", Html(absl::StrCat(is_swarm ? "Simulated swarm: " : "Simulated DHT: ",
                                      source.provenance.command))},
       {"{{about}}", Html(source.scenario.about)},
       {"{{style}}", report_page_css()},
       {"{{warnings}}", WarningsHtml(source.result)},
       {"{{facts}}", FactsHtml(source)},
       {"{{classes}}", ClassesHtml(source)},
       {"{{plots}}", PlotsHtml(plots)},
       {"{{provenance}}", ProvenanceHtml(source)},
       {"{{scenario}}", Html(source.scenario_text)},
       {"{{metrics}}", MetricsHtml(source.result)},
       {"{{files}}", FilesHtml(source.result, plots)},
       {"{{footer}}", Html(footer)},
       {"{{data}}", ForScript(data)},
       {"{{specs}}", ForScript(SpecsJson(plots))},
       {"{{library}}", source.plot_library},
       {"{{script}}", report_page_js()}});
}

}  // namespace starling::sim
