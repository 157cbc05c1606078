// Parts of a report as HTML, and the page that they are put into (sim/report/page.html). What the
// reports of single runs (report.h) and of sweeps (sweep_report.h) share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/report_facts.h"
#include "sim/report_plots.h"

namespace starling::sim {

std::string Html(absl::string_view text);  // with what HTML gives a meaning escaped
std::string FactsHtml(const std::vector<Fact>& facts);
std::string TableHtml(const TextTable& table);
// Names and values; empty values are left out.
std::string DefinitionsHtml(const std::vector<std::pair<std::string, std::string>>& rows);
// The files beside the page: names with what they are, then those of the tables and of the plots.
std::string FilesHtml(std::vector<std::pair<std::string, std::string>> files,
                      const std::vector<Table>& tables, const std::vector<Plot>& plots);

struct ReportParts {
  std::string title, kind, about, scenario;                          // text
  std::string warnings, facts, classes, provenance, metrics, files;  // HTML
  std::string note;  // text, before the word on where the plots come from; may be empty
  std::string data;  // JSON: by the name of a CSV file its text
  absl::string_view plot_library;  // JavaScript; empty: plots are not drawn, and the page says so
};
std::string FillPage(const ReportParts& parts, const std::vector<Plot>& plots);

}  // namespace starling::sim
