#include "cli/dht_bench_out.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/build_facts.h"
#include "cli/files.h"
#include "cli/sim_check_out.h"
#include "cli/sim_output.h"
#include "cli/text_table.h"
#include "cli/version.h"

namespace starling::cli {

namespace {

struct Figure {
  const char* head;
  const char* metric;
  const char* format;  // of one double
};

constexpr Figure kFigures[] = {
    {"hops", "hops.mean", "%.2f"},         {"queries", "queries.mean", "%.1f"},
    {"timeouts", "timeouts.mean", "%.2f"}, {"bytes", "bytes.mean", "%.0f"},
    {"first p50", "first_ms.p50", "%.0f"}, {"p90", "first_ms.p90", "%.0f"},
    {"p99", "first_ms.p99", "%.0f"},       {"max", "first_ms.max", "%.0f"},
    {"done p50", "done_ms.p50", "%.0f"},   {"done p90", "done_ms.p90", "%.0f"},
    {"done p99", "done_ms.p99", "%.0f"},   {"done max", "done_ms.max", "%.0f"},
    {"recall", "recall.mean", "%.4f"},     {"idle B/s", "maintenance_bytes_per_s", "%.1f"},
};

double MetricOf(const BenchGroup& group, const char* name) {
  const auto found = group.metrics.find(name);
  return found == group.metrics.end() ? sim::kNoValue : found->second;
}

std::string FigureText(const BenchGroup& group, const Figure& figure) {
  const double value = MetricOf(group, figure.metric);
  if (std::isnan(value)) return "-";
  // A lookup on one machine takes no whole millisecond.
  const bool is_tiny = value > 0 && value < 10 && std::string_view(figure.format) == "%.0f";
  if (is_tiny) return absl::StrFormat("%.2f", value);
  return absl::StrFormat(*absl::ParsedFormat<'f'>::New(figure.format), value);
}

std::string NodesText(const BenchGroup& group) {
  std::string text = group.nodes == 0 ? "-" : absl::StrCat(group.nodes);
  if (group.dead > 0) absl::StrAppend(&text, ", ", std::lround(group.dead * 100), " % dead");
  if (!group.churn.empty()) absl::StrAppend(&text, ", ", group.churn);
  if (!group.latency.empty()) absl::StrAppend(&text, ", latency ", group.latency);
  return text;
}

TextRows RowsOf(const BenchReport& report) {
  TextRows rows;
  rows.left_columns = 2;
  rows.heads = {"variant", "nodes"};
  for (const Figure& figure : kFigures) rows.heads.push_back(figure.head);
  rows.heads.push_back("CPU us");
  for (const BenchGroup& group : report.groups) {
    std::vector<std::string> row = {group.variant, NodesText(group)};
    for (const Figure& figure : kFigures) row.push_back(FigureText(group, figure));
    row.push_back(group.cpu_us > 0 ? absl::StrFormat("%.0f", group.cpu_us) : "-");
    rows.rows.push_back(std::move(row));
  }
  return rows;
}

std::string TitleOf(const BenchGroup& group) {
  return absl::StrCat(group.variant, ", ", NodesText(group), " nodes");
}

void PutCells(const std::vector<sim::CellResult>& cells, Json* json) {
  json->Key("expected").BeginArray();
  for (const sim::CellResult& cell : cells) {
    json->BeginObject().Key("name").Text(cell.name);
    json->Key("verdict").Text(sim::VerdictName(cell.verdict));
    json->Key("measured").Exact(cell.measured);
    if (cell.expected.has_value()) json->Key("expected").Exact(*cell.expected);
    if (cell.min.has_value()) json->Key("min").Exact(*cell.min);
    if (cell.max.has_value()) json->Key("max").Exact(*cell.max);
    json->End();
  }
  json->End();
}

// What the simulator's own report shows: all groups together as one result.
sim::Result ResultOf(const BenchReport& report, uint64_t seed) {
  sim::Result result;
  result.scenario = absl::StrCat("dht bench, ", report.source);
  result.seed = seed;
  result.partial = report.partial;
  if (report.groups.size() == 1) result.metrics = report.groups.front().metrics;
  for (const BenchGroup& group : report.groups) {
    const std::string prefix = absl::StrCat(
        group.variant, ".", group.nodes, ".",
        group.dead > 0 ? absl::StrCat("dead", std::lround(group.dead * 100), ".") : "");
    for (const auto& [name, value] : group.metrics) result.metrics[prefix + name] = value;
  }
  sim::Table variants{"variants", "One row a variant and network.", {}, {}};
  variants.columns = {{"variant", "", "How lookups go."}, {"nodes", "", "Of the network."}};
  for (const Figure& figure : kFigures) {
    variants.columns.push_back({figure.head, "1", absl::StrCat(figure.metric, ".")});
  }
  for (const BenchGroup& group : report.groups) {
    std::vector<sim::Cell> row = {group.variant, NodesText(group)};
    for (const Figure& figure : kFigures) row.emplace_back(MetricOf(group, figure.metric));
    variants.rows.push_back(std::move(row));
  }
  result.tables = {std::move(variants), report.lookups};
  return result;
}

}  // namespace

sim::Table BenchLookupsTable() {
  return {"lookups",
          "One row a lookup.",
          {{"variant", "", "How it went."},
           {"nodes", "1", "Of the network; 0: not known."},
           {"seed", "1", "Of the run."},
           {"target", "", "What it looked for, hexadecimal."},
           {"hops", "1", "Length of the referral chain to the first of the 8 closest."},
           {"queries", "1", "Queries sent."},
           {"timeouts", "1", "Of these, without an answer in time."},
           {"bytes", "B", "Queries and answers, without headers."},
           {"first_ms", "ms", "Until the first of the 8 closest answered."},
           {"done_ms", "ms", "Until it ended."},
           {"recall", "1", "Share of the true 8 closest live nodes that it found; empty: unknown."},
           {"dead", "1", "Share of the nodes that were dead but in the tables."}},
          {}};
}

std::vector<std::string> RenderBench(const BenchReport& report, int width) {
  std::vector<std::string> lines = RenderTextRows(RowsOf(report), width);
  for (const BenchGroup& group : report.groups) {
    if (group.cells.empty()) continue;
    lines.push_back("");
    CheckReport check;
    check.name = TitleOf(group);
    check.title = "expected of it";
    check.cells = group.cells;
    for (std::string& line : RenderCheck(check)) lines.push_back(std::move(line));
  }
  return lines;
}

std::string BenchMarkdown(const BenchReport& report) {
  const TextRows rows = RowsOf(report);
  std::string text = absl::StrCat("<!-- Made by `", report.command, "`, starling ", kVersion,
                                  "; do not edit. -->\n\n", report.about, "\n\n|");
  for (const std::string& head : rows.heads) absl::StrAppend(&text, " ", head, " |");
  absl::StrAppend(&text, "\n|");
  for (size_t i = 0; i < rows.heads.size(); ++i) {
    absl::StrAppend(&text, i < rows.left_columns ? " --- |" : " ---: |");
  }
  for (const std::vector<std::string>& row : rows.rows) {
    absl::StrAppend(&text, "\n|");
    for (const std::string& cell : row) absl::StrAppend(&text, " ", cell, " |");
  }
  return text;
}

std::string BenchJson(const BenchReport& report) {
  Json json;
  json.BeginObject().Key("source").Text(report.source).Key("command").Text(report.command);
  json.Key("partial").Bool(report.partial);
  json.Key("groups").BeginArray();
  for (const BenchGroup& group : report.groups) {
    json.BeginObject().Key("variant").Text(group.variant).Key("nodes").Number(group.nodes);
    json.Key("dead").Exact(group.dead).Key("churn").Text(group.churn);
    json.Key("latency").Text(group.latency);
    json.Key("lookups").Number(group.lookups).Key("cpu_us").Real(group.cpu_us, 1);
    json.Key("metrics").BeginObject();
    for (const auto& [name, value] : group.metrics) json.Key(name).Exact(value);
    json.End();
    PutCells(group.cells, &json);
    json.End();
  }
  return json.End().End().text();
}

absl::Status WriteBench(const std::string& folder, const BenchReport& report,
                        const sim::Scenario& scenario, uint64_t seed) {
  sim::Scenario shown = scenario;
  shown.title = absl::StrCat("DHT lookups, ", report.source);
  shown.about = report.about;
  const sim::Result result = ResultOf(report, seed);
  const sim::Provenance provenance{kVersion, std::string(source_commit()),
                                   std::string(compiler_name()), report.command};
  RETURN_IF_ERROR(WriteOutput(folder, {shown, result, provenance, report.command}));
  return WriteFileAtomically(absl::StrCat(folder, "/bench.json"),
                             absl::StrCat(BenchJson(report), "\n"));
}

}  // namespace starling::cli
