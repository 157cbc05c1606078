#include "sim/report_html.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "sim/report_files.h"

namespace starling::sim {
namespace {

// Inside a script element JSON must not hold what could end it.
std::string ForScript(absl::string_view json) {
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}});
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

std::string SpecsJson(const std::vector<Plot>& plots) {
  std::vector<std::string> parts;
  for (const Plot& plot : plots) {
    parts.push_back(absl::StrCat("{\"name\":\"", plot.name, "\",\"spec\":", plot.spec, "}"));
  }
  return absl::StrCat("[", absl::StrJoin(parts, ",\n"), "]");
}

}  // namespace

std::string Html(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string FactsHtml(const std::vector<Fact>& facts) {
  std::string html;
  for (const Fact& fact : facts) {
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

std::string DefinitionsHtml(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::string html = "<dl>\n";
  for (const auto& [name, value] : rows) {
    if (value.empty()) continue;
    absl::StrAppend(&html, "<dt>", Html(name), "</dt><dd>", Html(value), "</dd>\n");
  }
  return html + "</dl>\n";
}

std::string FilesHtml(std::vector<std::pair<std::string, std::string>> files,
                      const std::vector<Table>& tables, const std::vector<Plot>& plots) {
  for (const Table& table : tables) {
    files.emplace_back(absl::StrCat(table.name, ".csv"), table.about);
  }
  for (const Plot& plot : plots) {
    files.emplace_back(absl::StrCat("plots/", plot.name, ".vl.json"),
                       absl::StrCat("plot: ", plot.heading));
  }
  std::string html = "<ul>\n";
  for (const auto& [file, about] : files) {
    absl::StrAppend(&html, "<li><a href=\"", Html(file), "\">", Html(file), "</a>: ", Html(about),
                    "</li>\n");
  }
  return html + "</ul>\n";
}

std::string FillPage(const ReportParts& parts, const std::vector<Plot>& plots) {
  const std::string footer = absl::StrCat(
      parts.note,
      parts.plot_library.empty()
          ? "This program was built without the plot library, so that plots are missing."
          : "Plots: Vega 6, Vega-Lite 6 and Vega-Embed 7 (University of Washington "
            "Interactive Data Lab and contributors, BSD-3-Clause; with D3 and TopoJSON, "
            "Mike Bostock, ISC), embedded in this page "
            "with their licences; nothing is loaded from the network.");
  return absl::StrReplaceAll(report_page_html(), {{"{{title}}", Html(parts.title)},
                                                  {"{{kind}}", Html(parts.kind)},
                                                  {"{{about}}", Html(parts.about)},
                                                  {"{{style}}", report_page_css()},
                                                  {"{{warnings}}", parts.warnings},
                                                  {"{{facts}}", parts.facts},
                                                  {"{{classes}}", parts.classes},
                                                  {"{{plots}}", PlotsHtml(plots)},
                                                  {"{{provenance}}", parts.provenance},
                                                  {"{{scenario}}", Html(parts.scenario)},
                                                  {"{{metrics}}", parts.metrics},
                                                  {"{{files}}", parts.files},
                                                  {"{{footer}}", Html(footer)},
                                                  {"{{data}}", ForScript(parts.data)},
                                                  {"{{specs}}", ForScript(SpecsJson(plots))},
                                                  {"{{library}}", parts.plot_library},
                                                  {"{{script}}", report_page_js()}});
}

}  // namespace starling::sim
