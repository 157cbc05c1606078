// `starling sim run`: one scenario, one seed, from what was typed to what is written.

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "cli/build_facts.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/memory.h"
#include "cli/quantities.h"
#include "cli/sim_output.h"
#include "cli/sim_progress.h"
#include "cli/sim_summary.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "cli/version.h"
#include "sim/quantity.h"
#include "sim/report_facts.h"
#include "sim/run.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Simulates a swarm, or a DHT, of the real node's code: a built-in scenario (see\n"
    "starling sim list), a scenario file, or the folder of an earlier result, which\n"
    "is run again and must come to the same trace hash. The same seed gives the same\n"
    "run, bit for bit, on any machine.\n"
    "\n"
    "A summary is printed at the end; --out writes everything: tables as CSV,\n"
    "result.json, and report.html with plots, which opens in any browser without a\n"
    "network. Ctrl-C ends the run early and keeps what it has, marked partial.";

constexpr int kPlainWidth = 120;  // where there is no terminal

struct SimRunPlan {
  SimTarget target;
  uint64_t seed = 1;
  sim::RunOptions options;
  std::string out;
  bool force = false;
  bool json = false;
  std::shared_ptr<const sim::Strategies> strategies;
  std::vector<std::string> words;  // of the command, those that decide what is run
};

absl::StatusOr<Duration> ReadUntil(absl::string_view text) {
  std::optional<Duration> until = ParseDuration(text);
  if (!until.has_value()) {
    const std::optional<double> length = sim::ParseQuantity(sim::Unit::kDuration, text);
    if (length.has_value()) until = Duration(static_cast<int64_t>(*length * 1e6 + 0.5));
  }
  if (until.has_value() && *until > Duration::zero()) return *until;
  return WrongValue("sim run", "--until", text, "a time after the start, such as 90s or 2h");
}

absl::StatusOr<uint64_t> ReadNumber(const Arguments& arguments, absl::string_view option,
                                    uint64_t max, uint64_t fallback) {
  const std::optional<std::string> text = arguments.Value(option);
  if (!text.has_value()) return fallback;
  const std::optional<uint64_t> number = ParseCount(*text, 0, max);
  if (number.has_value()) return *number;
  return WrongValue("sim run", option, *text, absl::StrCat("a whole number up to ", max));
}

absl::StatusOr<std::vector<sim::Setting>> ReadSettings(const Arguments& arguments) {
  std::vector<sim::Setting> settings;
  for (const std::string& text : arguments.Values("--set")) {
    ASSIGN_OR_RETURN(const sim::Setting setting, ParseSetting(text));
    settings.push_back(setting);
  }
  return settings;
}

// How many there will be, where that is known before the run.
std::optional<uint64_t> MembersOf(const sim::Scenario& scenario) {
  uint64_t members = 0;
  for (const sim::PopulationSpec& population : scenario.populations) {
    const bool others_follow = population.join.kind == sim::JoinKind::kPoisson ||
                               population.stay.kind == sim::StayKind::kRejoin ||
                               population.stay.kind == sim::StayKind::kSession;
    if (others_follow || population.count_max > population.count) return std::nullopt;
    members += population.count;
  }
  return members;
}

absl::StatusOr<SimRunPlan> ReadPlan(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("sim run needs one NAME, FILE.toml or DIR", SeeHelp("sim run")));
  }
  SimRunPlan plan;
  plan.strategies = arguments.strategies();
  plan.out = arguments.Value("--out").value_or("");
  plan.force = arguments.Has("--force");
  plan.json = arguments.Has("--json");
  if (arguments.Has("--out") && plan.out.empty()) {
    return UsageError(absl::StrCat("--out needs the name of a folder", SeeHelp("sim run")));
  }
  if (plan.force && plan.out.empty()) {
    return UsageError(absl::StrCat("--force needs --out", SeeHelp("sim run")));
  }
  if (const auto text = arguments.Value("--until")) {
    ASSIGN_OR_RETURN(plan.options.until, ReadUntil(*text));
  }
  if (arguments.Has("--watch")) {
    ASSIGN_OR_RETURN(const uint64_t node,
                     ReadNumber(arguments, "--watch", std::numeric_limits<uint32_t>::max(), 0));
    plan.options.watch = static_cast<uint32_t>(node);
  }
  ASSIGN_OR_RETURN(plan.seed, ReadNumber(arguments, "--seed", UINT64_MAX, 1));
  ASSIGN_OR_RETURN(const std::vector<sim::Setting> settings, ReadSettings(arguments));
  const std::string& name = arguments.positionals().front();
  ASSIGN_OR_RETURN(plan.target, LoadSimTarget(name, settings, *plan.strategies));
  if (plan.options.watch.has_value() && plan.target.scenario.kind == sim::ScenarioKind::kDht) {
    return UsageError(
        absl::StrCat("--watch shows members of swarms; ", Printable(name), " has none"));
  }
  if (plan.options.watch.has_value()) {
    const std::optional<uint64_t> members = MembersOf(plan.target.scenario);
    if (members.has_value() && *plan.options.watch >= *members) {
      return absl::NotFoundError(absl::StrCat("--watch ", *plan.options.watch, ": the members of ",
                                              Printable(name), " are 0 to ", *members - 1));
    }
  }
  plan.words = {"starling", "sim", "run", ShellQuote(name)};
  if (plan.target.earlier.has_value()) {
    if (arguments.Has("--seed")) {
      return UsageError("--seed does not go with a folder: its run is repeated as it was");
    }
    plan.seed = plan.target.earlier->seed;
    if (!plan.options.until.has_value()) plan.options.until = plan.target.earlier->stopped;
  } else {
    plan.words.insert(plan.words.end(), {"--seed", absl::StrCat(plan.seed)});
  }
  for (const sim::Setting& setting : settings) {
    plan.words.insert(plan.words.end(),
                      {"--set", ShellQuote(absl::StrCat(setting.key, "=", setting.value))});
  }
  return plan;
}

std::string UntilWord(Duration until) {
  return sim::FormatQuantity(sim::Unit::kDuration, ToSeconds(until));
}

// The line that makes the result, wherever it is written.
std::string CommandOf(const SimRunPlan& plan, std::optional<Duration> until) {
  std::vector<std::string> words = plan.words;
  if (until.has_value()) words.insert(words.end(), {"--until", UntilWord(*until)});
  return absl::StrJoin(words, " ");
}

absl::Status CheckMemory(const SimRunPlan& plan) {
  const uint64_t needed = sim::EstimateMemory(plan.target.scenario);
  const std::optional<uint64_t> available = AvailableMemory();
  if (!available.has_value() || needed <= *available) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      Printable(plan.target.scenario.name), " needs about ", FormatSize(needed), " of memory, and ",
      FormatSize(*available), " are available; try fewer members"));
}

// Runs it to its end, or to a signal.
absl::StatusOr<sim::Result> RunIt(const SimRunPlan& plan, const InterruptWatch& interrupts,
                                  SimProgress* progress) {
  sim::RunOptions options = plan.options;
  options.on_progress = [&](const sim::RunProgress& at) {
    progress->Update(at);
    return interrupts.status().ok();
  };
  options.on_watched = [&](Duration at, absl::string_view line) {
    const std::string text = absl::StrFormat("%.6f s  %s", ToSeconds(at), Printable(line));
    if (plan.json) {
      PrintError(text);
    } else {
      PrintLine(text);
    }
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<sim::Run> run,
                   sim::StartRun(plan.target.scenario, plan.seed, *plan.strategies, options));
  while (interrupts.status().ok() && run->Advance()) continue;
  return run->Finish();
}

void PrintSummary(const SimRunPlan& plan, const sim::Result& result, double elapsed_s) {
  for (const std::string& line : RenderSimSummary(
           plan.target.scenario, result, OutputIsTerminal() ? TerminalWidth() : kPlainWidth)) {
    PrintLine(line);
  }
  PrintLine("");
  PrintLine(absl::StrCat(sim::FormatSeconds(ToSeconds(result.simulated)), " simulated in ",
                         sim::FormatSeconds(elapsed_s), " (", sim::FormatSeconds(CpuSeconds()),
                         " of CPU time, ", FormatSize(PeakMemory()), " of memory, ",
                         sim::FormatCount(static_cast<double>(result.events)), " events)"));
}

// Who joins is known afterwards. Numbers have gaps where somebody planned has not joined.
absl::Status CheckWatched(const SimRunPlan& plan, const sim::Result& result) {
  if (!plan.options.watch.has_value()) return absl::OkStatus();
  const auto nodes = std::find_if(result.tables.begin(), result.tables.end(),
                                  [](const sim::Table& table) { return table.name == "nodes"; });
  if (nodes == result.tables.end()) return absl::OkStatus();
  for (const std::vector<sim::Cell>& row : nodes->rows) {
    if (row.front() == sim::Cell(static_cast<double>(*plan.options.watch))) return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("--watch ", *plan.options.watch, ": of the ",
                                          nodes->rows.size(), " members that joined",
                                          result.partial ? " until it was stopped" : "",
                                          " none has that number; nodes.csv of --out lists them"));
}

// What goes wrong only after the result is written: it is worth keeping all the same.
absl::Status Judge(const SimRunPlan& plan, const sim::Result& result) {
  if (!result.broken.empty()) {
    for (const std::string& sentence : result.broken) PrintError(Printable(sentence));
    return absl::InternalError(
        absl::StrCat("what must always hold did not; to see it again, up to that moment: ",
                     CommandOf(plan, result.simulated)));
  }
  const std::optional<EarlierResult>& earlier = plan.target.earlier;
  if (!earlier.has_value() || plan.options.until != earlier->stopped) return absl::OkStatus();
  const std::string hash = sim::FormatTraceHash(result.trace_hash);
  if (hash == earlier->trace_hash) {
    if (!plan.json) PrintLine(absl::StrCat("the trace hash agrees with the earlier run: ", hash));
    return absl::OkStatus();
  }
  const bool same_source = earlier->commit == source_commit() && !earlier->commit.empty();
  return absl::DataLossError(absl::StrCat(
      "the trace hash differs: it was ", earlier->trace_hash, ", it is ", hash,
      same_source ? ""
                  : absl::StrCat("; the earlier program was of commit ", Printable(earlier->commit),
                                 ", this one is of ", source_commit())));
}

absl::StatusOr<int> RunSimRun(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const SimRunPlan plan, ReadPlan(arguments));
  RETURN_IF_ERROR(CheckMemory(plan));
  // From here on a signal ends the run, and never leaves half of a result.
  const InterruptWatch interrupts;
  if (!plan.out.empty()) RETURN_IF_ERROR(PrepareOutput(plan.out, plan.force));
  const std::string label =
      absl::StrCat(Printable(plan.target.scenario.name), ", seed ", plan.seed);
  SimProgress progress(label, !plan.json && !plan.options.watch.has_value());
  ASSIGN_OR_RETURN(const sim::Result result, RunIt(plan, interrupts, &progress));
  const absl::Status interrupted = interrupts.status();
  progress.Clear();
  // Also of a run that a signal ended.
  const std::string command =
      CommandOf(plan, result.partial ? result.simulated : plan.options.until);
  const sim::Provenance provenance{kVersion, std::string(source_commit()),
                                   std::string(compiler_name()), command};
  if (plan.json) {
    PrintLine(sim::ResultJson(result, provenance, /*in_lines=*/false));
  } else {
    PrintSummary(plan, result, progress.elapsed_s());
  }
  if (!plan.out.empty()) {
    const std::string whole =
        absl::StrCat(command, " --out ", ShellQuote(plan.out), plan.force ? " --force" : "");
    RETURN_IF_ERROR(WriteOutput(plan.out, {plan.target.scenario, result, provenance, whole}));
    if (!plan.json) PrintLine(absl::StrCat("written: ", Printable(plan.out), "/report.html"));
  }
  RETURN_IF_ERROR(interrupted);
  RETURN_IF_ERROR(Judge(plan, result));
  RETURN_IF_ERROR(CheckWatched(plan, result));
  return kExitDone;
}

}  // namespace

Command SimRunCommand() {
  return {"sim run",
          "simulate a swarm or a DHT of this very node",
          {"NAME|FILE.toml [--seed N] [--set KEY=VALUE]... [--out DIR [--force]] [--json] "
           "[--until T] [--watch NODE]",
           "DIR"},
          kExplanation,
          {
              {"--seed", 0, Takes::kValue, "N", false, "which run of the scenario; 1 unless said"},
              {"--set", 0, Takes::kValue, "KEY=VALUE", true,
               "change a parameter (starling sim show NAME lists them) or any setting by its path"},
              {"--out", 0, Takes::kValue, "DIR", false,
               "write scenario, result, tables and report.html there"},
              {"--force", 0, Takes::kNothing, "", false, "even if DIR holds something already"},
              {"--json", 0, Takes::kNothing, "", false,
               "print result.json in one line instead of a summary; see docs/results.md"},
              {"--until", 0, Takes::kValue, "T", false, "stop at this moment of simulated time"},
              {"--watch", 0, Takes::kValue, "NODE", false,
               "print what this member (a number of nodes.csv) sees and does"},
          },
          {{"a thousand leechers, one seed; with a report to look at",
            "starling sim run flash-crowd --out crowd"},
           {"smaller, with another choker",
            "starling sim run flash-crowd --set leechers=100 --set choker=bittyrant"},
           {"does this machine come to the same result?", "starling sim run crowd"},
           {"a figure for a script",
            "starling sim run flash-crowd --json | jq '.metrics[\"all.completion_s.p50\"]'"}},
          RunSimRun};
}

}  // namespace starling::cli
