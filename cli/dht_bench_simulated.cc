// `starling dht bench --simulated`: the scenario dht-lookups with other variants and networks, made
// by the jobs of `sim check`, and held against what the scenarios' own checks expect.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_bench.h"
#include "cli/dht_bench_expected.h"
#include "cli/dht_bench_options.h"
#include "cli/quantities.h"
#include "cli/sim_jobs.h"
#include "cli/sim_output.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/run_cost.h"
#include "sim/scenario_file.h"
#include "sim/sweep.h"
#include "sim/tables.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kCommand = "dht bench";
constexpr size_t kGroupsMax = 200;

// A variant in a network, and the runs it takes: one a seed.
struct Planned {
  BenchGroup group;
  std::shared_ptr<const sim::Scenario> scenario;
};

struct Plan {
  std::vector<Planned> groups;
  std::vector<uint64_t> seeds;
  BenchTelling telling;
  int threads = 1;
  std::shared_ptr<const sim::Strategies> strategies;
};

absl::StatusOr<uint64_t> ReadNodes(const std::string& text) {
  double number = 0;
  // "1e6" is how people write these.
  if (absl::SimpleAtod(text, &number) && number >= 2 && number <= 4e6) {
    return static_cast<uint64_t>(number);
  }
  return WrongValue(kCommand, "--nodes", text, "2 to 4000000 nodes, such as 1e5");
}

absl::string_view OffOf(absl::string_view trick) {
  return trick == "wide" || trick == "deep" || trick == "burst" ? "=0" : "=no";
}

// Each trick of the default by itself on plain, and the default without it: the same list for
// everybody who asks what a trick is worth.
std::vector<std::string> AblationVariants() {
  constexpr absl::string_view kTricks[] = {"wide",     "deep",  "near", "near_first",
                                           "overtake", "burst", "hedge"};
  std::vector<std::string> variants = {"plain"};
  for (const absl::string_view only : kTricks) {
    std::string text = absl::StrCat(dht::VariantRegistry::kDefault, ":share=no");
    for (const absl::string_view trick : kTricks) {
      if (trick != only) absl::StrAppend(&text, ",", trick, OffOf(trick));
    }
    if (only != "hedge") absl::StrAppend(&text, ",late=0");
    variants.push_back(text);
  }
  variants.push_back("wide+pns");
  variants.push_back(dht::VariantRegistry::kDefault);
  for (const absl::string_view without : kTricks) {
    variants.push_back(absl::StrCat(dht::VariantRegistry::kDefault, ":", without, OffOf(without),
                                    without == "hedge" ? ",late=0" : ""));
  }
  return variants;
}

absl::StatusOr<std::vector<sim::Setting>> SettingsOf(const Arguments& arguments,
                                                     const std::string& nodes,
                                                     const std::string& variant,
                                                     const std::string& dead) {
  ASSIGN_OR_RETURN(const uint64_t count, ReadNodes(nodes));
  std::vector<sim::Setting> settings = {{"dht.nodes", absl::StrCat(count)},
                                        {"dht.variant", variant}};
  // Beyond this only lookups are measured, not what it takes to keep all those tables.
  constexpr uint64_t kUpkeepNodesMax = 20'000;
  if (count > kUpkeepNodesMax && !arguments.Has("--churn")) {
    settings.push_back({"dht.late_tables", "true"});
  } else {
    // As many come and go before it is measured as leave their traces in tables; where nobody does,
    // it is the time in which upkeep is measured.
    settings.push_back({"dht.warm_up", arguments.Has("--churn") ? "15min" : "5min"});
  }
  if (dead != "0") settings.push_back({"dht.dead_share", dead});
  if (const auto churn = arguments.Value("--churn")) {
    settings.push_back({"dht.churn", *churn});
  }
  if (const auto lookups = arguments.Value("--lookups")) {
    RETURN_IF_ERROR(BenchLookupCount(arguments, 1).status());
    settings.push_back({"dht.lookups", *lookups});
  }
  return settings;
}

// What is wrong with a setting, in the words of the option that made it.
std::string InOptions(absl::string_view message) {
  return absl::StrReplaceAll(message, {{"--set dht.variant=", "--variant "},
                                       {"--set dht.dead_share=", "--dead "},
                                       {"--set dht.churn=", "--churn "}});
}

void AddGroup(const std::string& variant, sim::Scenario scenario, Plan* plan) {
  Planned planned;
  planned.group.variant = variant;
  planned.group.nodes = scenario.dht.nodes;
  planned.group.dead = scenario.dht.dead_share;
  planned.group.churn = scenario.dht.churn;
  planned.scenario = std::make_shared<const sim::Scenario>(std::move(scenario));
  plan->groups.push_back(std::move(planned));
}

absl::Status AddExpected(const Arguments& arguments, Plan* plan) {
  for (const char* option : {"--variant", "--ablation", "--dead", "--churn", "--lookups"}) {
    if (!arguments.Has(option)) continue;
    return UsageError(absl::StrCat("--expected says itself what is measured: without ", option,
                                   SeeHelp(kCommand)));
  }
  ASSIGN_OR_RETURN(const uint64_t nodes_max, ReadNodes(arguments.Value("--nodes").value_or("1e4")));
  for (ExpectedNetwork& network : ExpectedNetworks(nodes_max, *plan->strategies)) {
    AddGroup(network.name, std::move(network.scenario), plan);
  }
  return plan->groups.empty() ? UsageError("--nodes: nothing is expected of so few")
                              : absl::OkStatus();
}

absl::Status AddGroups(const Arguments& arguments, Plan* plan) {
  if (arguments.Has("--expected")) return AddExpected(arguments, plan);
  ASSIGN_OR_RETURN(const SimTarget base, LoadSimTarget("dht-lookups", {}, *plan->strategies));
  const std::vector<std::string> variants = arguments.Has("--ablation")
                                                ? AblationVariants()
                                                : BenchVariants(arguments, PlainAndDefault());
  for (const std::string& nodes : BenchList(arguments, "--nodes", "1e4")) {
    for (const std::string& dead : BenchList(arguments, "--dead", "0")) {
      for (const std::string& variant : variants) {
        ASSIGN_OR_RETURN(const std::vector<sim::Setting> settings,
                         SettingsOf(arguments, nodes, variant, dead));
        absl::StatusOr<sim::Scenario> with =
            sim::WithSettings(base.scenario, settings, plan->strategies.get());
        if (!with.ok()) {
          return UsageError(absl::StrCat(InOptions(with.status().message()), SeeHelp(kCommand)));
        }
        AddGroup(variant, *std::move(with), plan);
        if (plan->groups.size() > kGroupsMax) {
          return UsageError("too many variants and networks at once; at most 200");
        }
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Plan> ReadPlan(const Arguments& arguments) {
  Plan plan;
  plan.strategies = arguments.strategies();
  plan.telling = ReadTelling(arguments);
  plan.threads = SimThreads();
  ASSIGN_OR_RETURN(plan.seeds, BenchSeeds(arguments));
  RETURN_IF_ERROR(AddGroups(arguments, &plan));
  return plan;
}

void SayEstimate(const Plan& plan) {
  double seconds = 0;
  uint64_t memory = 0;
  for (const Planned& planned : plan.groups) {
    seconds += sim::EstimateCpuSeconds(*planned.scenario) * static_cast<double>(plan.seeds.size());
    memory = std::max(memory, sim::EstimateMemory(*planned.scenario));
  }
  PrintError(absl::StrCat(plan.groups.size() * plan.seeds.size(), " runs, about ",
                          FormatDuration(Duration(static_cast<int64_t>(seconds * 1e6))),
                          " of CPU time, the largest with ", FormatSize(memory), " of memory"));
}

// The results of a group's runs as they come, whatever the order.
struct Collected {
  std::vector<sim::Result> results;  // by seed
  double cpu_s_per_event = 0;
};

void AddDistributions(const std::vector<sim::Result>& results, BenchGroup* group) {
  // Rates and shares are averaged over the seeds, what each lookup has is put together.
  for (const sim::Result& result : results) {
    for (const auto& [name, value] : result.metrics) {
      group->metrics[name] += value / static_cast<double>(results.size());
    }
  }
  for (const char* name :
       {"hops", "queries", "timeouts", "bytes", "first_ms", "nearest_ms", "done_ms", "recall"}) {
    std::vector<double> values;
    for (const sim::Result& result : results) {
      const sim::Table* table = sim::FindTable(result, "lookups");
      if (table == nullptr) continue;
      const std::optional<size_t> column = sim::FindColumn(*table, name);
      for (const auto& row : table->rows) values.push_back(sim::NumberAt(row, column));
    }
    group->lookups = values.size();
    sim::AddDistribution(name, std::move(values), &group->metrics);
  }
}

void AddRows(const BenchGroup& group, const sim::Result& result, sim::Table* lookups) {
  const sim::Table* from = sim::FindTable(result, "lookups");
  if (from == nullptr) return;
  for (const auto& row : from->rows) {
    std::vector<sim::Cell>& to = lookups->rows.emplace_back();
    to = {group.variant, double(group.nodes), double(result.seed)};
    for (size_t i = to.size(); i + 1 < lookups->columns.size(); ++i) {
      to.push_back(row[*sim::FindColumn(*from, lookups->columns[i].name)]);
    }
    to.emplace_back(group.dead);
  }
}

void Finish(const Plan& plan, const Planned& planned, const Collected& collected,
            BenchReport* report) {
  BenchGroup group = planned.group;
  AddDistributions(collected.results, &group);
  // A query and its answer are two events.
  group.cpu_us = 2e6 * group.metrics["queries.mean"] * collected.cpu_s_per_event;
  sim::CheckedRuns runs;
  for (const sim::Result& result : collected.results) {
    runs[kBenchRun].push_back({result.metrics, result.broken, 0});
  }
  for (const sim::CheckCell& cell : ExpectedOf(*planned.scenario, *plan.strategies)) {
    group.cells.push_back(sim::JudgeCell(cell, runs));
  }
  for (const sim::Result& result : collected.results) AddRows(group, result, &report->lookups);
  report->groups.push_back(std::move(group));
}

absl::StatusOr<BenchReport> RunPlan(const Plan& plan) {
  std::vector<SimJob> jobs;
  for (const Planned& planned : plan.groups) {
    for (const uint64_t seed : plan.seeds) {
      jobs.push_back({absl::StrCat(planned.group.variant, ", ", planned.group.nodes, " nodes"),
                      planned.scenario, seed});
    }
  }
  std::vector<Collected> collected(plan.groups.size());
  for (Collected& each : collected) each.results.resize(plan.seeds.size());
  absl::Status failed;
  SimJobsOptions options;
  options.threads = plan.threads;
  Picture picture;
  const bool is_seen = plan.telling.IsForPeople() && OutputIsTerminal();
  options.on_done = [&](size_t job, SimJobResult result) {
    if (!result.status.ok()) failed.Update(result.status);
    Collected& to = collected[job / plan.seeds.size()];
    to.results[job % plan.seeds.size()] = std::move(result.result);
    to.cpu_s_per_event += result.cpu_s_per_event / static_cast<double>(plan.seeds.size());
  };
  options.on_progress = [&](const SimJobsProgress& at) {
    if (!is_seen) return;
    picture.Paint({absl::StrCat(at.done, " of ", at.all, " runs made")});
  };
  const absl::Status status = RunSimJobs(jobs, *plan.strategies, options);
  picture.Clear();
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(failed);
  BenchReport report;
  report.source = "simulated";
  report.command = plan.telling.command;
  report.about = absl::StrCat(
      "Simulated nodes with ready tables look up random targets (latency model of the Internet, "
      "nothing lost). Times in milliseconds: first is the first answer of one of the 8 closest, "
      "done the end; bytes of a lookup; idle B/s is what a node sends to keep its table; CPU is "
      "that of the lookup's own datagrams.");
  report.lookups = BenchLookupsTable();
  for (size_t i = 0; i < plan.groups.size(); ++i) {
    Finish(plan, plan.groups[i], collected[i], &report);
  }
  return report;
}

}  // namespace

absl::StatusOr<int> RunBenchSimulated(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const Plan plan, ReadPlan(arguments));
  RETURN_IF_ERROR(PrepareTelling(plan.telling));
  SayEstimate(plan);
  ASSIGN_OR_RETURN(const BenchReport report, RunPlan(plan));
  return TellBench(plan.telling, report, *plan.groups.front().scenario, plan.seeds.front());
}

}  // namespace starling::cli
