#include "cli/dht_bench_options.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_bench_out.h"
#include "cli/quantities.h"
#include "cli/sim_output.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/strategies.h"
#include "sim/sweep.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kCommand = "dht bench";
constexpr int kPlainWidth = 200;  // where there is no terminal
constexpr uint64_t kLookupsMax = 1'000'000;
constexpr uint64_t kConcurrencyMax = 200;

constexpr absl::string_view kFlags[] = {"--simulated", "--ablation", "--expected", "--markdown"};
constexpr absl::string_view kValues[] = {"--local",       "--nodes",   "--variant", "--dead",
                                         "--churn",       "--seed",    "--lookups", "--latency",
                                         "--concurrency", "--targets", "--rate",    "--timeout"};

// Options that not every kind of bench has, and whose they are.
struct Belongs {
  absl::string_view option;
  bool simulated, local, live;
};
constexpr Belongs kBelongs[] = {
    {"--nodes", true, false, false},        {"--ablation", true, false, false},
    {"--expected", true, false, false},     {"--dead", true, false, false},
    {"--churn", true, false, false},        {"--seed", true, true, false},
    {"--latency", false, true, false},      {"--keep", false, true, false},
    {"--concurrency", false, true, true},   {"--bootstrap", false, true, true},
    {"--targets", false, false, true},      {"--rate", false, false, true},
    {"--timeout", false, false, true},      {"--listen", false, false, true},
    {"--state", false, false, true},        {"--lookup", false, false, true},
    {"--dht-security", false, false, true},
};

absl::StatusOr<uint64_t> CountOf(const Arguments& arguments, absl::string_view option, uint64_t max,
                                 uint64_t fallback) {
  const std::optional<std::string> text = arguments.Value(option);
  if (!text.has_value()) return fallback;
  const std::optional<uint64_t> count = ParseCount(*text, 1, max);
  if (count.has_value()) return *count;
  return WrongValue(kCommand, option, *text, absl::StrCat("a whole number from 1 to ", max));
}

}  // namespace

std::vector<std::string> BenchList(const Arguments& arguments, absl::string_view option,
                                   absl::string_view fallback) {
  return absl::StrSplit(arguments.Value(option).value_or(std::string(fallback)), ',');
}

// "fast:late=0.2,alpha=4" has a comma of its own: a word that is "name=value" belongs to the one
// before.
std::vector<std::string> BenchVariants(const Arguments& arguments, absl::string_view fallback) {
  std::vector<std::string> variants;
  for (const std::string& word : BenchList(arguments, "--variant", fallback)) {
    const bool is_parameter =
        word.find('=') != std::string::npos && word.find(':') == std::string::npos;
    if (is_parameter && !variants.empty()) {
      absl::StrAppend(&variants.back(), ",", word);
    } else {
      variants.push_back(word);
    }
  }
  return variants;
}

std::string PlainAndDefault() { return absl::StrCat("plain,", dht::VariantRegistry::kDefault); }

absl::StatusOr<std::vector<dht::LookupVariantPointer>> MakeVariants(
    const std::vector<std::string>& names, const Arguments& arguments) {
  std::vector<dht::LookupVariantPointer> variants;
  for (const std::string& name : names) {
    const absl::StatusOr<StrategySpec> spec = ParseStrategy(name);
    absl::StatusOr<dht::LookupVariantPointer> variant = absl::UnknownError("");
    if (!spec.ok()) variant = spec.status();
    if (spec.ok()) variant = arguments.strategies()->lookups.Make(*spec);
    if (!variant.ok()) {
      return UsageError(absl::StrCat("--variant ", Printable(name), ": ",
                                     variant.status().message(), SeeHelp(kCommand)));
    }
    variants.push_back(*std::move(variant));
  }
  return variants;
}

absl::StatusOr<std::vector<uint64_t>> BenchSeeds(const Arguments& arguments) {
  absl::StatusOr<std::vector<uint64_t>> seeds =
      sim::ParseSeeds(arguments.Value("--seed").value_or("1"));
  if (seeds.ok()) return seeds;
  return UsageError(absl::StrCat(
      absl::StrReplaceAll(seeds.status().message(), {{"--seeds ", "--seed "}}), SeeHelp(kCommand)));
}

absl::StatusOr<uint64_t> BenchLookupCount(const Arguments& arguments, uint64_t fallback) {
  return CountOf(arguments, "--lookups", kLookupsMax, fallback);
}

absl::StatusOr<uint64_t> BenchConcurrency(const Arguments& arguments, uint64_t fallback) {
  return CountOf(arguments, "--concurrency", kConcurrencyMax, fallback);
}

absl::Status CheckBenchKind(const Arguments& arguments) {
  const bool is_simulated = arguments.Has("--simulated");
  const bool is_local = arguments.Has("--local");
  if (is_simulated && is_local) {
    return UsageError(absl::StrCat("give only one of --simulated and --local", SeeHelp(kCommand)));
  }
  for (const Belongs& belongs : kBelongs) {
    if (!arguments.Has(belongs.option)) continue;
    if (is_simulated ? belongs.simulated : is_local ? belongs.local : belongs.live) continue;
    std::string kinds;
    const auto add = [&](bool is_of, absl::string_view kind) {
      if (is_of) absl::StrAppend(&kinds, kinds.empty() ? "" : " or ", kind);
    };
    add(belongs.simulated, "--simulated");
    add(belongs.local, "--local N");
    add(belongs.live, "a live network (neither --simulated nor --local)");
    return UsageError(absl::StrCat(belongs.option, " is for ", kinds, SeeHelp(kCommand)));
  }
  return absl::OkStatus();
}

BenchTelling ReadTelling(const Arguments& arguments) {
  BenchTelling telling;
  telling.out = arguments.Value("--out").value_or("");
  telling.force = arguments.Has("--force");
  telling.json = arguments.Has("--json");
  telling.markdown = arguments.Has("--markdown");
  telling.command = "starling dht bench";
  for (const absl::string_view flag : kFlags) {
    if (arguments.Has(flag)) absl::StrAppend(&telling.command, " ", flag);
  }
  for (const absl::string_view option : kValues) {
    if (const auto value = arguments.Value(option)) {
      absl::StrAppend(&telling.command, " ", option, " ", ShellQuote(*value));
    }
  }
  for (const std::string& place : arguments.Values("--bootstrap")) {
    absl::StrAppend(&telling.command, " --bootstrap ", ShellQuote(place));
  }
  return telling;
}

absl::Status PrepareTelling(const BenchTelling& telling) {
  return telling.out.empty() ? absl::OkStatus() : PrepareOutput(telling.out, telling.force);
}

absl::StatusOr<int> TellBench(const BenchTelling& telling, const BenchReport& report,
                              const sim::Scenario& scenario, uint64_t seed) {
  if (telling.json) {
    PrintLine(BenchJson(report));
  } else if (telling.markdown) {
    PrintLine(BenchMarkdown(report));
  } else {
    const int width = OutputIsTerminal() ? TerminalWidth() : kPlainWidth;
    for (const std::string& line : RenderBench(report, width)) PrintLine(line);
  }
  if (!telling.out.empty()) {
    RETURN_IF_ERROR(WriteBench(telling.out, report, scenario, seed));
    if (telling.IsForPeople()) {
      PrintLine(absl::StrCat("written: ", Printable(telling.out), "/report.html"));
    }
  }
  size_t failures = 0;
  for (const BenchGroup& group : report.groups) {
    failures += static_cast<size_t>(std::count_if(
        group.cells.begin(), group.cells.end(),
        [](const sim::CellResult& cell) { return cell.verdict == sim::CellVerdict::kFail; }));
  }
  return failures == 0 ? kExitDone : kExitCouldNot;
}

}  // namespace starling::cli
