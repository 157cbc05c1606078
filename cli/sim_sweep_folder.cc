#include "cli/sim_sweep_folder.h"

#include <boost/json.hpp>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/build_facts.h"
#include "cli/files.h"
#include "cli/sim_kept.h"
#include "cli/text.h"
#include "cli/version.h"
#include "sim/result_csv.h"
#include "sim/scenario_file.h"
#include "sim/sweep_report.h"

namespace starling::cli {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr uint64_t kSweepSizeMax = 16 << 20;
constexpr uint64_t kRunsSizeMax = uint64_t{1} << 30;
constexpr size_t kKeyDigits = 16;  // of the hash of a scenario, in the names of kept runs

std::string SweepPath(const std::string& folder) { return absl::StrCat(folder, "/sweep.json"); }
std::string RunsPath(const std::string& folder) { return absl::StrCat(folder, "/runs.csv"); }
std::string SummaryPath(const std::string& folder) { return absl::StrCat(folder, "/summary.csv"); }
std::string KeptFolder(const std::string& folder) { return absl::StrCat(folder, "/runs"); }

// Do the text of a sweep.json and `plan` have their scenario and keys in common?
bool IsOfSameSweep(const std::string& text, const SweepPlan& plan) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return false;
  const json::value* key = value.get_object().if_contains("scenario_key");
  const json::value* vary = value.get_object().if_contains("vary");
  if (key == nullptr || !key->is_string() || vary == nullptr || !vary->is_array()) return false;
  if (key->get_string() != ScenarioKey(plan.scenario)) return false;
  if (vary->get_array().size() != plan.axes.size()) return false;
  for (size_t i = 0; i < plan.axes.size(); ++i) {
    const json::value& axis = vary->get_array()[i];
    const json::value* name = axis.is_object() ? axis.get_object().if_contains("key") : nullptr;
    if (name == nullptr || !name->is_string() || name->get_string() != plan.axes[i].key) {
      return false;
    }
  }
  return true;
}

absl::Status CheckFolder(const SweepPlan& plan) {
  std::error_code ignored;
  const bool is_new =
      !PathExists(plan.out) || (IsFolder(plan.out) && fs::is_empty(plan.out, ignored));
  if (is_new || plan.force || !IsFolder(plan.out)) return absl::OkStatus();
  if (!IsSweepFolder(plan.out)) {
    return absl::AlreadyExistsError(
        absl::StrCat(Printable(plan.out), " is not empty and holds no sweep; name another folder, ",
                     "or add --force to write into it all the same"));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(SweepPath(plan.out), kSweepSizeMax));
  if (IsOfSameSweep(text, plan)) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      Printable(plan.out), " holds another sweep; name another folder, or add --force to ",
      "overwrite it"));
}

// The runs of another sweep that is overwritten.
void RemoveKeptRuns(const std::string& folder) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (const fs::directory_entry& entry : fs::directory_iterator(KeptFolder(folder), ignored)) {
    if (absl::EndsWith(entry.path().native(), ".json")) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale) fs::remove(path, ignored);
}

}  // namespace

std::string SweepJson(const SweepPlan& plan) {
  Json json(2);
  json.BeginObject();
  json.Key("schema_version").Number(kSweepSchemaVersion);
  json.Key("scenario").Text(plan.scenario.name);
  json.Key("scenario_key").Text(ScenarioKey(plan.scenario));
  json.Key("vary").BeginArray();
  for (const sim::SweepAxis& axis : plan.axes) {
    json.BeginObject().Key("key").Text(axis.key).Key("values").BeginArray();
    for (const std::string& value : axis.values) json.Text(value);
    json.End().End();
  }
  json.End();
  json.Key("seeds").BeginArray();
  for (const uint64_t seed : plan.seeds) json.Number(seed);
  json.End();
  json.Key("version").Text(kVersion);
  json.Key("commit").Text(source_commit());
  json.Key("compiler").Text(compiler_name());
  json.Key("command").Text(SweepCommandLine(plan));
  json.End();
  return json.text();
}

absl::Status PrepareSweepFolder(const SweepPlan& plan) {
  RETURN_IF_ERROR(CheckFolder(plan));
  RETURN_IF_ERROR(MakeWritableFolder(plan.out));
  RETURN_IF_ERROR(MakeWritableFolder(KeptFolder(plan.out)));
  const absl::StatusOr<std::string> earlier = ReadFile(SweepPath(plan.out), kSweepSizeMax);
  if (earlier.ok() && !IsOfSameSweep(*earlier, plan)) RemoveKeptRuns(plan.out);
  // They come back when all runs are there.
  std::error_code ignored;
  fs::remove(RunsPath(plan.out), ignored);
  fs::remove(SummaryPath(plan.out), ignored);
  return WriteFileAtomically(SweepPath(plan.out), absl::StrCat(SweepJson(plan), "\n"));
}

std::string KeptRunPath(const SweepPlan& plan, const SweepJob& job) {
  return absl::StrCat(KeptFolder(plan.out), "/", job.scenario_key.substr(0, kKeyDigits), ".",
                      job.job.seed, ".json");
}

absl::Status WriteSweepTables(const std::string& folder, const sim::SweepTable& table) {
  RETURN_IF_ERROR(WriteFileAtomically(SummaryPath(folder), sim::SummaryCsv(table)));
  return WriteFileAtomically(RunsPath(folder), sim::RunsCsv(table));
}

absl::Status WriteSweepReport(const SweepPlan& plan, const sim::SweepTable& table) {
  const std::string scenario = sim::WriteScenario(plan.scenario);
  const sim::Provenance provenance{kVersion, std::string(source_commit()),
                                   std::string(compiler_name()), SweepCommandLine(plan)};
  const sim::SweepReport report =
      sim::MakeSweepReport({plan.scenario, table, provenance, scenario, plot_library()});
  const auto write = [&](absl::string_view name, absl::string_view text) {
    return WriteFileAtomically(absl::StrCat(plan.out, "/", name), text);
  };
  // An earlier part of the sweep may have had what this one has not.
  std::error_code ignored;
  for (const char* stale :
       {"values.csv", "gains.csv", "plots/sweep-values.vl.json", "plots/sweep-gains.vl.json"}) {
    fs::remove(absl::StrCat(plan.out, "/", stale), ignored);
  }
  for (const sim::Table& each : report.tables) {
    RETURN_IF_ERROR(write(absl::StrCat(each.name, ".csv"), sim::TableCsv(each)));
  }
  RETURN_IF_ERROR(MakeWritableFolder(absl::StrCat(plan.out, "/plots")));
  for (const sim::Plot& plot : report.plots) {
    RETURN_IF_ERROR(write(absl::StrCat("plots/", plot.name, ".vl.json"), plot.spec));
  }
  return write("report.html", report.page);
}

bool IsSweepFolder(const std::string& folder) { return PathExists(SweepPath(folder)); }

absl::StatusOr<sim::SweepTable> ReadSweepTable(const std::string& folder) {
  const std::string path = RunsPath(folder);
  if (!PathExists(path)) {
    return absl::NotFoundError(absl::StrCat(
        Printable(folder), " holds a sweep that was cut off; call starling sim sweep again"));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kRunsSizeMax));
  absl::StatusOr<sim::SweepTable> table = sim::ParseRunsCsv(text);
  if (table.ok()) return table;
  return absl::InvalidArgumentError(
      absl::StrCat(Printable(path), ": ", Printable(table.status().message())));
}

}  // namespace starling::cli
