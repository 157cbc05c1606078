#include "cli/sim_sweep_plan.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "cli/quantities.h"
#include "cli/sim_kept.h"
#include "cli/sim_target.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/scenario_file.h"
#include "sim/sweep_table.h"

namespace starling::cli {

namespace {

constexpr uint64_t kThreadsMax = 1024;

// An error of parsing is one of how the program was called.
absl::Status AsUsage(const absl::Status& status) {
  return UsageError(absl::StrCat(Printable(status.message()), SeeHelp("sim sweep")));
}

absl::Status ReadWhat(const Arguments& arguments, SweepPlan* plan) {
  for (const std::string& text : arguments.Values("--set")) {
    ASSIGN_OR_RETURN(sim::Setting setting, ParseSetting(text));
    plan->settings.push_back(std::move(setting));
  }
  for (const std::string& text : arguments.Values("--vary")) {
    absl::StatusOr<sim::SweepAxis> axis = sim::ParseAxis(text);
    if (!axis.ok()) return AsUsage(axis.status());
    for (const sim::Setting& setting : plan->settings) {
      if (setting.key != axis->key) continue;
      return UsageError(absl::StrCat("--set and --vary both say ", Printable(axis->key),
                                     "; give only one of them", SeeHelp("sim sweep")));
    }
    plan->axes.push_back(*std::move(axis));
  }
  absl::StatusOr<std::vector<uint64_t>> seeds =
      sim::ParseSeeds(arguments.Value("--seeds").value_or("1..5"));
  if (!seeds.ok()) return AsUsage(seeds.status());
  plan->seeds = *std::move(seeds);
  const absl::Status fits = sim::CheckSweep(plan->axes, plan->seeds);
  return fits.ok() ? fits : AsUsage(fits);
}

absl::Status ReadHow(const Arguments& arguments, int ranks, SweepPlan* plan) {
  plan->out = arguments.Value("--out").value_or("");
  if (plan->out.empty()) {
    return UsageError(absl::StrCat("sim sweep needs --out DIR", SeeHelp("sim sweep")));
  }
  plan->force = arguments.Has("--force");
  plan->any_program = arguments.Has("--any-program");
  plan->json = arguments.Has("--json");
  plan->threads = ranks > 1 ? 1 : SimThreads();
  const std::optional<std::string> text = arguments.Value("--jobs");
  if (!text.has_value()) return absl::OkStatus();
  if (ranks > 1) {
    return UsageError(absl::StrCat("--jobs does not go with mpirun, whose ranks make one run at a ",
                                   "time each", SeeHelp("sim sweep")));
  }
  const std::optional<uint64_t> threads = ParseCount(*text, 1, kThreadsMax);
  if (!threads.has_value()) {
    return WrongValue("sim sweep", "--jobs", *text,
                      absl::StrCat("a whole number from 1 to ", kThreadsMax));
  }
  plan->threads = static_cast<int>(*threads);
  return absl::OkStatus();
}

void AppendSettings(const std::vector<sim::Setting>& settings, std::vector<std::string>* words) {
  for (const sim::Setting& setting : settings) {
    words->push_back("--set");
    words->push_back(ShellQuote(absl::StrCat(setting.key, "=", setting.value)));
  }
}

// The values as --vary takes them again.
std::string AxisWord(const sim::SweepAxis& axis) {
  return absl::StrCat(
      axis.key, "=", absl::StrJoin(axis.values, ",", [](std::string* to, const std::string& value) {
        const bool is_list = value.find(',') != std::string::npos;
        absl::StrAppend(to, is_list ? "(" : "", value, is_list ? ")" : "");
      }));
}

// What is wrong with a value that --vary gave.
absl::Status InWordsOf(const std::vector<sim::SweepAxis>& axes, const absl::Status& status) {
  std::string message(status.message());
  for (const sim::SweepAxis& axis : axes) {
    absl::StrReplaceAll(
        {{absl::StrCat("--set ", axis.key, "="), absl::StrCat("--vary ", axis.key, "=")}},
        &message);
  }
  return absl::Status(status.code(), message);
}

}  // namespace

absl::StatusOr<SweepPlan> ReadSweepPlan(const Arguments& arguments, int ranks) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("sim sweep needs one NAME or FILE.toml", SeeHelp("sim sweep")));
  }
  SweepPlan plan;
  plan.strategies = arguments.strategies();
  plan.target = arguments.positionals().front();
  RETURN_IF_ERROR(ReadWhat(arguments, &plan));
  RETURN_IF_ERROR(ReadHow(arguments, ranks, &plan));
  ASSIGN_OR_RETURN(SimTarget target, LoadSimTarget(plan.target, plan.settings, *plan.strategies));
  if (target.earlier.has_value()) {
    return UsageError(absl::StrCat("sim sweep takes a NAME or FILE.toml; of a folder, name its ",
                                   "scenario.toml", SeeHelp("sim sweep")));
  }
  plan.scenario = std::move(target.scenario);
  return plan;
}

absl::StatusOr<std::vector<SweepJob>> PlanSweepJobs(const SweepPlan& plan) {
  std::vector<SweepJob> jobs;
  const std::vector<std::string> keys = KeysOf(plan);
  for (const std::vector<sim::Setting>& point : sim::PointsOf(plan.axes)) {
    absl::StatusOr<sim::Scenario> with =
        sim::WithSettings(plan.scenario, point, plan.strategies.get());
    if (!with.ok()) return InWordsOf(plan.axes, with.status());
    SweepJob job;
    job.job.scenario = std::make_shared<const sim::Scenario>(*std::move(with));
    job.scenario_key = ScenarioKey(*job.job.scenario);
    for (const sim::Setting& setting : point) job.values.push_back(setting.value);
    for (const uint64_t seed : plan.seeds) {
      job.job.seed = seed;
      job.job.label = absl::StrCat(sim::PointName(keys, job.values), ", seed ", seed);
      jobs.push_back(job);
    }
  }
  return jobs;
}

std::string SweepCommandLine(const SweepPlan& plan) {
  std::vector<std::string> words = {"starling", "sim", "sweep", ShellQuote(plan.target)};
  AppendSettings(plan.settings, &words);
  for (const sim::SweepAxis& axis : plan.axes) {
    words.insert(words.end(), {"--vary", ShellQuote(AxisWord(axis))});
  }
  words.insert(words.end(), {"--seeds", absl::StrJoin(plan.seeds, ",")});
  return absl::StrJoin(words, " ");
}

std::string RunCommandLine(const SweepPlan& plan, const SweepJob& job) {
  std::vector<std::string> words = {
      "starling", "sim", "run", ShellQuote(plan.target), "--seed", absl::StrCat(job.job.seed)};
  AppendSettings(plan.settings, &words);
  for (size_t i = 0; i < job.values.size(); ++i) {
    AppendSettings({{plan.axes[i].key, job.values[i]}}, &words);
  }
  return absl::StrJoin(words, " ");
}

std::vector<std::string> KeysOf(const SweepPlan& plan) {
  std::vector<std::string> keys;
  for (const sim::SweepAxis& axis : plan.axes) keys.push_back(axis.key);
  return keys;
}

}  // namespace starling::cli
