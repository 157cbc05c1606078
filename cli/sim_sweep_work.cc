#include "cli/sim_sweep_work.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/quantities.h"
#include "cli/sim_jobs.h"
#include "cli/sim_sweep_folder.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "sim/result_json.h"
#include "sim/run_cost.h"

namespace starling::cli {

namespace {

// What a rank tells rank 0 is a line a run: its number, and the kept run or why it was not made. A
// line without a number is a failure of the rank.
std::string FoundLine(size_t job, absl::string_view text) {
  return absl::StrCat(job, " ", text, "\n");
}

// The part of one rank.
class Sweeping {
 public:
  Sweeping(const SweepPlan& plan, const std::vector<SweepJob>& jobs, Ranks* ranks)
      : plan_(plan),
        jobs_(jobs),
        ranks_(*ranks),
        is_plain_(ranks->rank() == 0 && !plan.json),
        program_(ProgramKey()) {}

  absl::Status Run() {
    // One rank alone takes all jobs at once and has them made on its threads.
    const size_t batch_max = ranks_.size() == 1 ? jobs_.size() : 1;
    absl::Status status;
    while (status.ok()) {
      TakeBatch(batch_max);
      if (batch_.empty()) break;
      if (is_plain_ && ranks_.size() == 1) SayPlan();
      status = MakeBatch();
    }
    picture_.Clear();
    if (!write_status_.ok()) {
      absl::StrAppend(&found_, "! ", Printable(write_status_.message()), "\n");
    }
    return status;
  }
  const std::string& found() const { return found_; }

 private:
  KeptRun KeyOf(const SweepJob& job) const {
    KeptRun key;
    key.scenario_key = job.scenario_key;
    key.program_key = program_;
    key.seed = job.job.seed;
    return key;
  }

  // Runs that are kept already are taken on the way.
  void TakeBatch(size_t batch_max) {
    batch_.clear();
    while (batch_.size() < batch_max) {
      const std::optional<size_t> next = ranks_.NextJob(jobs_.size());
      if (!next.has_value()) return;
      const SweepJob& job = jobs_[*next];
      const std::optional<KeptRun> kept =
          FindKeptRun(KeptRunPath(plan_, job), KeyOf(job), plan_.any_program);
      if (kept.has_value()) {
        ++kept_;
        found_ += FoundLine(*next, KeptRunJson(*kept));
      } else {
        batch_.push_back(*next);
      }
    }
  }

  absl::Status MakeBatch() {
    std::vector<SimJob> made;
    for (const size_t job : batch_) made.push_back(jobs_[job].job);
    SimJobsOptions options;
    options.threads = plan_.threads;
    options.on_done = [this](size_t place, SimJobResult result) {
      OnDone(batch_[place], std::move(result));
    };
    options.on_progress = [this](const SimJobsProgress& at) {
      ranks_.Tend();
      Paint(at);
    };
    return RunSimJobs(made, *plan_.strategies, options);
  }

  void OnDone(size_t job, SimJobResult result) {
    ++made_;
    if (!result.status.ok()) {
      found_ += FoundLine(job, Printable(result.status.message()));
      return;
    }
    KeptRun kept = KeyOf(jobs_[job]);
    kept.trace_hash = sim::FormatTraceHash(result.result.trace_hash);
    kept.run.cpu_s = result.cpu_s;
    kept.run.metrics = std::move(result.result.metrics);
    kept.run.broken = std::move(result.result.broken);
    if (write_status_.ok()) write_status_ = KeepRun(KeptRunPath(plan_, jobs_[job]), kept);
    found_ += FoundLine(job, KeptRunJson(kept));
  }

  void SayPlan() const {
    double cost = 0;
    for (const size_t job : batch_) cost += sim::EstimateCpuSeconds(*jobs_[job].job.scenario);
    std::string line =
        absl::StrCat(Printable(plan_.scenario.name), ": ", batch_.size(), " runs to make, about ",
                     FormatDuration(Duration(static_cast<int64_t>(cost * 1e6))), " of CPU time on ",
                     std::min(batch_.size(), static_cast<size_t>(plan_.threads)), " threads");
    if (kept_ > 0) absl::StrAppend(&line, "; ", kept_, " are kept in ", Printable(plan_.out));
    PrintLine(line);
  }

  void Paint(const SimJobsProgress& at) {
    if (!is_plain_ || !OutputIsTerminal()) return;
    const std::string all =
        ranks_.size() == 1 ? absl::StrCat(made_ + kept_, " of ", jobs_.size(), " runs are there")
                           : absl::StrCat(made_, " runs made by rank 0, of ", jobs_.size(), " on ",
                                          ranks_.size(), " ranks");
    std::vector<std::string> lines = {all};
    for (const SimJobsProgress::Running& running : at.running) {
      lines.push_back(absl::StrCat("  ", running.label, ": ", FormatDuration(running.at.simulated),
                                   " simulated, ", running.at.events, " events"));
    }
    for (std::string& line : lines) line = Shorten(Printable(line), TerminalWidth() - 1);
    picture_.Paint(std::move(lines));
  }

  const SweepPlan& plan_;
  const std::vector<SweepJob>& jobs_;
  Ranks& ranks_;
  const bool is_plain_;
  const std::string program_;
  std::vector<size_t> batch_;
  std::string found_;
  size_t kept_ = 0;
  size_t made_ = 0;
  absl::Status write_status_;
  Picture picture_;
};

}  // namespace

absl::Status MakeSweepRuns(const SweepPlan& plan, const std::vector<SweepJob>& jobs, Ranks* ranks,
                           std::string* found) {
  Sweeping sweeping(plan, jobs, ranks);
  const absl::Status status = sweeping.Run();
  *found += sweeping.found();
  return status;
}

SweepFindings ParseSweepFindings(const std::vector<std::string>& texts) {
  SweepFindings findings;
  for (const std::string& text : texts) {
    for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      const std::pair<absl::string_view, absl::string_view> halves =
          absl::StrSplit(line, absl::MaxSplits(' ', 1));
      size_t job = 0;
      if (!absl::SimpleAtoi(halves.first, &job)) {
        findings.failures.emplace_back(halves.second);
      } else if (std::optional<KeptRun> run = ParseKeptRun(halves.second)) {
        findings.runs[job] = *std::move(run);
      } else {
        findings.failed[job] = std::string(halves.second);
      }
    }
  }
  return findings;
}

}  // namespace starling::cli
