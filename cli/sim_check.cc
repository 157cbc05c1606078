// `starling sim check`: are the figures what they should be?

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "cli/build_facts.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/quantities.h"
#include "cli/sim_check_out.h"
#include "cli/sim_jobs.h"
#include "cli/sim_kept.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "cli/version.h"
#include "sim/built_in_scenarios.h"
#include "sim/check_run.h"
#include "sim/result_json.h"
#include "sim/run_cost.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Runs the checks that scenarios bring along and compares what comes out with what\n"
    "should: a table a scenario, PASS or FAIL a cell. WAITING is what cannot be\n"
    "checked yet, and no PASS; \"shown\" is a figure that nothing is demanded of. Exit\n"
    "code 1 if anything is FAIL.\n"
    "\n"
    "Sizes: small takes CPU minutes for all scenarios, full a few CPU hours, huge\n"
    "also much memory. With --out each run that is made is kept there, so that a\n"
    "check that was cut off goes on where it was.";

struct CheckRequest {
  std::vector<std::string> names;  // empty: all
  std::string size = "small";
  std::string out;
  bool any_program = false;
  bool json = false;
  bool markdown = false;
  int threads = 1;
  std::shared_ptr<const sim::Strategies> strategies;
};

// One run with one seed, and where its result goes.
struct PlannedRun {
  std::string run;
  SimJob job;
  std::string path;  // empty: it is not kept
  KeptRun key;
};

struct PlannedCheck {
  CheckReport report;
  sim::CheckSpec spec;
  std::vector<PlannedRun> runs;
  sim::CheckedRuns results;
  size_t left = 0;  // runs that are not made yet
};

absl::StatusOr<CheckRequest> ReadRequest(const Arguments& arguments) {
  CheckRequest request;
  request.strategies = arguments.strategies();
  request.names = arguments.positionals();
  request.size = arguments.Value("--size").value_or("small");
  if (request.size != "small" && request.size != "full" && request.size != "huge") {
    return WrongValue("sim check", "--size", request.size, "small, full or huge");
  }
  request.out = arguments.Value("--out").value_or("");
  request.any_program = arguments.Has("--any-program");
  request.json = arguments.Has("--json");
  request.markdown = arguments.Has("--markdown");
  if (request.json && request.markdown) {
    return UsageError(absl::StrCat("give only one of --json and --markdown", SeeHelp("sim check")));
  }
  if (request.any_program && request.out.empty()) {
    return UsageError(absl::StrCat("--any-program needs --out", SeeHelp("sim check")));
  }
  request.threads = SimThreads();
  if (const auto text = arguments.Value("--jobs")) {
    constexpr uint64_t kThreadsMax = 1024;
    const std::optional<uint64_t> threads = ParseCount(*text, 1, kThreadsMax);
    if (!threads.has_value()) {
      return WrongValue("sim check", "--jobs", *text, "a whole number from 1 to 1024");
    }
    request.threads = static_cast<int>(*threads);
  }
  return request;
}

absl::Status PlanRun(const CheckRequest& request, const sim::Scenario& scenario,
                     const sim::CheckRun& run, PlannedCheck* check) {
  absl::StatusOr<sim::Scenario> with =
      sim::WithSettings(scenario, run.settings, request.strategies.get());
  if (!with.ok()) return with.status();
  const auto shared = std::make_shared<const sim::Scenario>(*std::move(with));
  const std::string scenario_key = ScenarioKey(*shared);
  for (uint64_t seed = 1; seed <= run.seeds; ++seed) {
    PlannedRun planned;
    planned.run = run.name;
    planned.job = {absl::StrCat(scenario.name, " ", run.name, ", seed ", seed), shared, seed};
    planned.key.scenario_key = scenario_key;
    planned.key.seed = seed;
    if (!request.out.empty()) {
      planned.path = absl::StrCat(request.out, "/", scenario.name, ".", check->spec.size, ".",
                                  run.name, ".", seed, ".json");
    }
    check->runs.push_back(std::move(planned));
  }
  check->results[run.name].resize(run.seeds);
  return absl::OkStatus();
}

// Nullopt where all scenarios are meant and this one has no check of the size.
absl::StatusOr<std::optional<PlannedCheck>> PlanCheck(const CheckRequest& request,
                                                      const std::string& name) {
  ASSIGN_OR_RETURN(const SimTarget target, LoadSimTarget(name, {}, *request.strategies));
  std::vector<std::string> sizes;
  for (const sim::CheckSpec& spec : target.scenario.checks) {
    sizes.push_back(spec.size);
    if (spec.size != request.size) continue;
    PlannedCheck check;
    check.report.name = target.scenario.name;
    check.report.title = target.scenario.title;
    check.spec = spec;
    for (const sim::CheckRun& run : spec.runs) {
      RETURN_IF_ERROR(PlanRun(request, target.scenario, run, &check));
    }
    check.left = check.runs.size();
    check.report.runs = check.runs.size();
    return check;
  }
  if (request.names.empty()) return std::nullopt;
  return absl::NotFoundError(absl::StrCat(Printable(name), " has no check of size ", request.size,
                                          "; it has ",
                                          sizes.empty() ? "none" : absl::StrJoin(sizes, ", ")));
}

absl::StatusOr<std::vector<PlannedCheck>> PlanChecks(const CheckRequest& request) {
  const std::vector<std::string> names =
      request.names.empty() ? sim::BuiltInScenarioNames() : request.names;
  std::vector<PlannedCheck> checks;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(std::optional<PlannedCheck> check, PlanCheck(request, name));
    if (check.has_value()) checks.push_back(*std::move(check));
  }
  return checks;
}

std::string About(double seconds) {
  return FormatDuration(Duration(static_cast<int64_t>(seconds * 1e6)));
}

// Goes through the planned checks: takes what is kept, has the rest made, tells each check as soon
// as it is complete and those before it are told.
class Checking {
 public:
  Checking(const CheckRequest& request, std::vector<PlannedCheck> checks)
      : request_(request),
        checks_(std::move(checks)),
        is_plain_(!request.json && !request.markdown) {}

  absl::Status Run() {
    const std::string program = ProgramKey();
    size_t kept = 0;
    double cost = 0;
    for (size_t c = 0; c < checks_.size(); ++c) {
      for (size_t r = 0; r < checks_[c].runs.size(); ++r) {
        PlannedRun& planned = checks_[c].runs[r];
        planned.key.program_key = program;
        if (TakeKept(&checks_[c], planned)) {
          ++kept;
          continue;
        }
        jobs_.push_back(planned.job);
        places_.push_back({c, r});
        cost += sim::EstimateCpuSeconds(*planned.job.scenario);
      }
    }
    if (is_plain_) SayPlan(kept, cost);
    TellComplete();
    SimJobsOptions options;
    options.threads = request_.threads;
    options.on_done = [this](size_t job, SimJobResult result) { OnDone(job, std::move(result)); };
    options.on_progress = [this](const SimJobsProgress& at) { Paint(at); };
    const absl::Status status = RunSimJobs(jobs_, *request_.strategies, options);
    picture_.Clear();
    RETURN_IF_ERROR(write_status_);
    return status;
  }

  std::vector<CheckReport> reports() const {
    std::vector<CheckReport> reports;
    for (const PlannedCheck& check : checks_) reports.push_back(check.report);
    return reports;
  }

 private:
  bool TakeKept(PlannedCheck* check, const PlannedRun& planned) {
    if (planned.path.empty()) return false;
    std::optional<KeptRun> kept = FindKeptRun(planned.path, planned.key, request_.any_program);
    if (!kept.has_value()) return false;
    Enter(check, planned, std::move(kept->run));
    return true;
  }

  void Enter(PlannedCheck* check, const PlannedRun& planned, sim::CheckedRun run) {
    check->report.cpu_s += run.cpu_s;
    check->results[planned.run][planned.job.seed - 1] = std::move(run);
    if (--check->left == 0) {
      check->report.cells = sim::JudgeCheck(check->spec, check->results);
    }
  }

  void OnDone(size_t job, SimJobResult result) {
    PlannedCheck& check = checks_[places_[job].first];
    const PlannedRun& planned = check.runs[places_[job].second];
    KeptRun kept = planned.key;
    kept.run.cpu_s = result.cpu_s;
    if (!result.status.ok()) {
      kept.run.broken.emplace_back(result.status.message());
    } else {
      kept.trace_hash = sim::FormatTraceHash(result.result.trace_hash);
      kept.run.metrics = std::move(result.result.metrics);
      kept.run.broken = std::move(result.result.broken);
      if (!planned.path.empty() && write_status_.ok()) {
        write_status_ = KeepRun(planned.path, kept);
      }
    }
    Enter(&check, planned, std::move(kept.run));
    TellComplete();
  }

  void TellComplete() {
    for (; told_ < checks_.size() && checks_[told_].left == 0; ++told_) {
      PlannedCheck& check = checks_[told_];
      if (check.runs.empty()) check.report.cells = sim::JudgeCheck(check.spec, check.results);
      if (!is_plain_) continue;
      picture_.Clear();
      for (const std::string& line : RenderCheck(check.report)) PrintLine(line);
      PrintLine("");
    }
  }

  void SayPlan(size_t kept, double cost) {
    std::string line = absl::StrCat(request_.size, " check of ", checks_.size(),
                                    checks_.size() == 1 ? " scenario: " : " scenarios: ");
    if (jobs_.empty()) {
      absl::StrAppend(&line, "all ", kept, " runs are kept in ", Printable(request_.out));
    } else {
      absl::StrAppend(&line, jobs_.size(), " runs, about ", About(cost), " of CPU time on ",
                      std::min<size_t>(jobs_.size(), static_cast<size_t>(request_.threads)),
                      " threads");
      if (kept > 0) absl::StrAppend(&line, "; ", kept, " more are kept in ", request_.out);
    }
    PrintLine(line);
    PrintLine("");
  }

  void Paint(const SimJobsProgress& at) {
    if (!is_plain_ || !OutputIsTerminal()) return;
    std::vector<std::string> lines = {absl::StrCat(at.done, " of ", at.all, " runs made")};
    for (const SimJobsProgress::Running& running : at.running) {
      lines.push_back(absl::StrCat("  ", running.label, ": ", FormatDuration(running.at.simulated),
                                   " simulated, ", running.at.events, " events"));
    }
    for (std::string& line : lines) line = Shorten(Printable(line), TerminalWidth() - 1);
    picture_.Paint(std::move(lines));
  }

  const CheckRequest& request_;
  std::vector<PlannedCheck> checks_;
  const bool is_plain_;
  std::vector<SimJob> jobs_;
  std::vector<std::pair<size_t, size_t>> places_;  // of each job: check, run
  size_t told_ = 0;
  absl::Status write_status_;
  Picture picture_;
};

std::string MadeBy(const CheckRequest& request) {
  std::string line = "`starling sim check";
  for (const std::string& name : request.names) absl::StrAppend(&line, " ", ShellQuote(name));
  absl::StrAppend(&line, " --size ", request.size, " --markdown`, starling ", kVersion);
  if (!source_commit().empty()) absl::StrAppend(&line, ", commit ", source_commit());
  return absl::StrCat(line, ", ", compiler_name());
}

absl::StatusOr<int> RunSimCheck(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const CheckRequest request, ReadRequest(arguments));
  ASSIGN_OR_RETURN(std::vector<PlannedCheck> checks, PlanChecks(request));
  if (!request.out.empty()) RETURN_IF_ERROR(MakeWritableFolder(request.out));
  Checking checking(request, std::move(checks));
  RETURN_IF_ERROR(checking.Run());
  const std::vector<CheckReport> reports = checking.reports();
  const CheckTotals totals = TotalsOf(reports);
  if (request.json) {
    PrintLine(CheckJson(reports, request.size));
  } else if (request.markdown) {
    PrintLine(CheckMarkdown(reports, MadeBy(request)));
  } else {
    PrintLine(TotalsLine(totals));
  }
  return totals.fail == 0 ? kExitDone : kExitCouldNot;
}

}  // namespace

Command SimCheckCommand() {
  return {"sim check",
          "compare the simulator's figures with those expected",
          {"[NAME|FILE.toml]... [--size SIZE] [--out DIR [--any-program]] [--jobs N] "
           "[--json|--markdown]"},
          kExplanation,
          {
              {"--size", 0, Takes::kValue, "SIZE", false, "small, full or huge; small unless said"},
              {"--out", 0, Takes::kValue, "DIR", false,
               "keep the result of each run there, and do not make those again that are there"},
              {"--any-program", 0, Takes::kNothing, "", false,
               "take what another build of this program left in DIR as well"},
              {"--jobs", 0, Takes::kValue, "N", false,
               "runs at a time; as many as there are cores unless said"},
              {"--json", 0, Takes::kNothing, "", false, "print one JSON object"},
              {"--markdown", 0, Takes::kNothing, "", false, "print the tables of the manual"},
          },
          {{"everything, in its small form", "starling sim check"},
           {"the real thing, which may be cut off and called again",
            "starling sim check --size full --out checked"},
           {"one scenario", "starling sim check bittyrant-one --size full"}},
          RunSimCheck};
}

}  // namespace starling::cli
