// `starling sim sweep`: every combination of values, each with every seed, on all cores of a
// machine or on the ranks that mpirun started; tables of what came out.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sim_ranks.h"
#include "cli/sim_sweep_folder.h"
#include "cli/sim_sweep_out.h"
#include "cli/sim_sweep_plan.h"
#include "cli/sim_sweep_work.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Runs a scenario with every combination of the values given, each with all seeds,\n"
    "on all cores: runs.csv gets a row a run, summary.csv the mean and its 95 %\n"
    "interval over the seeds, for each combination and metric, and report.html shows\n"
    "how the runs are spread and what each combination gains over the first. Every\n"
    "run is kept in DIR as it ends: the same command goes on where it was cut off,\n"
    "and with more values or seeds it makes only what is missing.\n"
    "\n"
    "On a cluster: mpirun starling sim sweep ..., with DIR on a file system that all\n"
    "ranks see. The tables are the same, byte for byte, whoever made which run.\n"
    "\n"
    "A value that holds commas stands in parentheses:\n"
    "--vary 'choker=tit-for-tat,(bittyrant:cap=1M,selfish=yes)'.";

constexpr int kPlainWidth = 120;  // where there is no terminal

// Of rank 0, once all ranks are through.
absl::Status Conclude(const SweepPlan& plan, const std::vector<SweepJob>& jobs,
                      const SweepFindings& findings) {
  if (!findings.failures.empty()) return absl::UnavailableError(findings.failures.front());
  if (findings.runs.size() + findings.failed.size() < jobs.size()) {
    PrintError(absl::StrCat("cut off: ", findings.runs.size(), " of ", jobs.size(),
                            " runs are kept in ", Printable(plan.out),
                            "; the same command goes on from there"));
    return absl::CancelledError("cut off");
  }
  const sim::SweepTable table = SweepTableOf(plan, jobs, findings);
  RETURN_IF_ERROR(WriteSweepTables(plan.out, table));
  RETURN_IF_ERROR(WriteSweepReport(plan, table));
  if (plan.json) {
    PrintLine(SweepSummaryJson(plan, table));
  } else {
    PrintLine("");
    const int width = OutputIsTerminal() ? TerminalWidth() : kPlainWidth;
    for (const std::string& line : RenderSweep(table, width)) PrintLine(line);
    PrintLine("");
    PrintLine(
        absl::StrCat("written: ", Printable(plan.out), "/runs.csv, summary.csv and report.html"));
  }
  for (const std::string& line : BrokenLines(plan, jobs, findings)) PrintError(line);
  return JudgeSweep(jobs, findings);
}

// Ok if it is for all ranks; else, at rank 0, the first that is not.
absl::Status OfAll(Ranks* ranks, const absl::Status& mine) {
  const std::vector<std::string> messages = ranks->Gather(std::string(mine.message()));
  if (ranks->AllAgree(mine.ok()) || !mine.ok()) return mine;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].empty()) continue;
    return absl::UnavailableError(absl::StrCat("rank ", i, ": ", messages[i]));
  }
  return absl::UnavailableError("another rank could not begin");
}

absl::Status Plan(const Arguments& arguments, const Ranks& ranks, SweepPlan* plan,
                  std::vector<SweepJob>* jobs) {
  ASSIGN_OR_RETURN(*plan, ReadSweepPlan(arguments, ranks.size()));
  ASSIGN_OR_RETURN(*jobs, PlanSweepJobs(*plan));
  return ranks.rank() == 0 ? PrepareSweepFolder(*plan) : absl::OkStatus();
}

absl::Status Sweep(const Arguments& arguments, Ranks* ranks) {
  SweepPlan plan;
  std::vector<SweepJob> jobs;
  RETURN_IF_ERROR(OfAll(ranks, Plan(arguments, *ranks, &plan, &jobs)));
  std::string found;
  const absl::Status made = MakeSweepRuns(plan, jobs, ranks, &found);
  // Also after a signal: the others wait for this rank.
  const SweepFindings findings = ParseSweepFindings(ranks->Gather(found));
  if (ranks->rank() != 0) return absl::OkStatus();
  const absl::Status concluded = Conclude(plan, jobs, findings);
  return made.ok() ? concluded : made;
}

absl::StatusOr<int> RunSimSweep(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Ranks> ranks, JoinRanks());
  const absl::Status status = Sweep(arguments, ranks.get());
  // What goes wrong anywhere is rank 0's to tell, also by its exit code.
  if (status.ok() || ranks->rank() != 0) return kExitDone;
  if (absl::IsCancelled(status) && SignalOf(status) == 0) return kExitCouldNot;
  return status;
}

}  // namespace

Command SimSweepCommand() {
  return {"sim sweep",
          "simulate every combination of some values",
          {"NAME|FILE.toml [--vary KEY=A,B,...]... [--seeds SEEDS] [--set KEY=VALUE]... "
           "--out DIR [--jobs N] [--any-program] [--force] [--json]"},
          kExplanation,
          {
              {"--vary", 0, Takes::kValue, "KEY=A,B,...", true,
               "the values that a parameter or a dotted path takes in turn"},
              {"--seeds", 0, Takes::kValue, "SEEDS", false,
               "1..10 or 1,2,5: each combination is run with each; 1..5 unless said"},
              {"--set", 0, Takes::kValue, "KEY=VALUE", true, "change this in all runs"},
              {"--out", 0, Takes::kValue, "DIR", false, "where the runs are kept, and the tables"},
              {"--jobs", 0, Takes::kValue, "N", false,
               "runs at a time; as many as there are cores unless said"},
              {"--any-program", 0, Takes::kNothing, "", false,
               "take what another build of this program left in DIR as well"},
              {"--force", 0, Takes::kNothing, "", false, "even if DIR holds something else"},
              {"--json", 0, Takes::kNothing, "", false, "print the summary as one JSON object"},
          },
          {{"two chokers in swarms of two sizes",
            "starling sim sweep flash-crowd --vary choker=tit-for-tat,bittyrant "
            "--vary leechers=100,1000 --out chokers"},
           {"on a cluster, as mpirun knows it",
            "mpirun starling sim sweep flash-crowd --vary leechers=100,1000 --out sizes"}},
          RunSimSweep};
}

}  // namespace starling::cli
