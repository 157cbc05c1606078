#include "cli/sim_output.h"

#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/build_facts.h"
#include "cli/files.h"
#include "cli/text.h"
#include "sim/report.h"
#include "sim/result_csv.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

namespace fs = std::filesystem;

bool HoldsResult(const std::string& folder) {
  return PathExists(absl::StrCat(folder, "/result.json"));
}

// What an earlier result left, so that nothing of it lies among the new files: tables and plots
// that the new one may not have.
void RemoveEarlier(const std::string& folder) {
  std::error_code ignored;
  fs::remove(absl::StrCat(folder, "/result.json"), ignored);
  for (const char* place : {"", "/plots"}) {
    std::vector<fs::path> stale;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder + place, ignored)) {
      const std::string name = entry.path().filename();
      if (absl::EndsWith(name, ".csv") || absl::EndsWith(name, ".vl.json")) {
        stale.push_back(entry.path());
      }
    }
    for (const fs::path& path : stale) fs::remove(path, ignored);
  }
}

}  // namespace

absl::Status PrepareOutput(const std::string& folder, bool force) {
  std::error_code ignored;
  const bool is_new = !PathExists(folder) || (IsFolder(folder) && fs::is_empty(folder, ignored));
  if (!is_new && IsFolder(folder) && !force) {
    return absl::AlreadyExistsError(absl::StrCat(
        Printable(folder), HoldsResult(folder)
                               ? " holds another result; name another folder, or add --force to "
                                 "overwrite it"
                               : " is not empty; name another folder, or add --force to write into "
                                 "it all the same"));
  }
  RETURN_IF_ERROR(MakeWritableFolder(folder));
  return MakeWritableFolder(absl::StrCat(folder, "/plots"));
}

absl::Status WriteOutput(const std::string& folder, const SimOutput& output) {
  if (HoldsResult(folder)) RemoveEarlier(folder);
  const auto write = [&](absl::string_view name, absl::string_view text) {
    return WriteFileAtomically(absl::StrCat(folder, "/", name), text);
  };
  const std::string scenario = sim::WriteScenario(output.scenario);
  RETURN_IF_ERROR(write("scenario.toml", scenario));
  RETURN_IF_ERROR(write("command.txt", absl::StrCat(output.command, "\n")));
  RETURN_IF_ERROR(write("metrics.csv", sim::MetricsCsv(output.result)));
  for (const sim::Table& table : output.result.tables) {
    RETURN_IF_ERROR(write(absl::StrCat(table.name, ".csv"), sim::TableCsv(table)));
  }
  const std::vector<sim::Plot> plots = sim::PlotsOf(output.scenario, output.result);
  for (const sim::Plot& plot : plots) {
    RETURN_IF_ERROR(write(absl::StrCat("plots/", plot.name, ".vl.json"), plot.spec));
  }
  const sim::ReportSource source{output.scenario, output.result, output.provenance, scenario,
                                 plot_library()};
  RETURN_IF_ERROR(write("report.html", sim::ReportPage(source, plots)));
  return write("result.json", sim::ResultJson(output.result, output.provenance, /*in_lines=*/true));
}

}  // namespace starling::cli
