#include "cli/sim_sweep_out.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json.h"
#include "cli/sim_estimates.h"
#include "cli/text.h"
#include "cli/text_table.h"

namespace starling::cli {

namespace {

constexpr size_t kBrokenShownMax = 10;

}  // namespace

sim::SweepTable SweepTableOf(const SweepPlan& plan, const std::vector<SweepJob>& jobs,
                             const SweepFindings& findings) {
  sim::SweepTable table;
  table.keys = KeysOf(plan);
  for (size_t i = 0; i < jobs.size(); ++i) {
    sim::SweepRow row;
    row.values = jobs[i].values;
    row.seed = jobs[i].job.seed;
    if (const auto found = findings.runs.find(i); found != findings.runs.end()) {
      row.trace_hash = found->second.trace_hash;
      row.broken = found->second.run.broken.size();
      row.metrics = found->second.run.metrics;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> RenderSweep(const sim::SweepTable& table, int width) {
  const std::vector<sim::SweepPoint> points = sim::SummarisePoints(table);
  TextRows rows;
  rows.heads = table.keys;
  rows.left_columns = table.keys.size();
  for (const sim::SweepPoint& point : points) rows.rows.push_back(point.values);
  for (const sim::MainMetric& metric : sim::MainMetrics()) {
    const bool is_there = std::any_of(points.begin(), points.end(), [&](const auto& point) {
      return point.metrics.contains(metric.name);
    });
    if (!is_there) continue;
    rows.heads.emplace_back(metric.label);
    for (size_t i = 0; i < points.size(); ++i) {
      const auto found = points[i].metrics.find(metric.name);
      rows.rows[i].push_back(
          FormatEstimate(found == points[i].metrics.end() ? sim::Estimate() : found->second));
    }
  }
  return RenderTextRows(rows, width);
}

std::string SweepSummaryJson(const SweepPlan& plan, const sim::SweepTable& table) {
  Json json;
  json.BeginObject().Key("scenario").Text(plan.scenario.name).Key("out").Text(plan.out);
  json.Key("runs").Number(table.rows.size()).Key("points").BeginArray();
  for (const sim::SweepPoint& point : sim::SummarisePoints(table)) {
    json.BeginObject().Key("values").BeginObject();
    for (size_t i = 0; i < table.keys.size(); ++i) json.Key(table.keys[i]).Text(point.values[i]);
    json.End().Key("metrics").BeginObject();
    for (const auto& [name, estimate] : point.metrics) {
      json.Key(name);
      AppendEstimate(estimate, &json);
    }
    json.End().End();
  }
  json.End().End();
  return json.text();
}

std::vector<std::string> BrokenLines(const SweepPlan& plan, const std::vector<SweepJob>& jobs,
                                     const SweepFindings& findings) {
  std::vector<std::string> lines;
  for (const auto& [job, run] : findings.runs) {
    if (run.run.broken.empty()) continue;
    if (lines.size() == kBrokenShownMax) break;
    lines.push_back(absl::StrCat(Printable(run.run.broken.front()),
                                 "; to see it: ", RunCommandLine(plan, jobs[job])));
  }
  return lines;
}

absl::Status JudgeSweep(const std::vector<SweepJob>& jobs, const SweepFindings& findings) {
  if (!findings.failed.empty()) {
    const auto& [job, why] = *findings.failed.begin();
    return absl::UnavailableError(absl::StrCat(findings.failed.size(), " of ", jobs.size(),
                                               " runs could not be made; the first, ",
                                               Printable(jobs[job].job.label), ": ", why));
  }
  const auto broken =
      std::count_if(findings.runs.begin(), findings.runs.end(),
                    [](const auto& entry) { return !entry.second.run.broken.empty(); });
  if (broken == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("what must always hold did not in ", broken, " of ", jobs.size(), " runs"));
}

}  // namespace starling::cli
