// `starling sim list`: what can be simulated, and with which strategies.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "sim/built_in_scenarios.h"
#include "sim/quantity.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Names the scenarios that are built in, a line each; any of them can be run,\n"
    "checked, and shown as the file it is, to make one of one's own from. With\n"
    "--strategies: the chokers, piece policies, lookup variants and behaviours that a\n"
    "scenario may name, with their parameters. A parameter is set in a file as\n"
    "choker = {name = \"bittyrant\", cap = \"1MB/s\"}, and on the command line as\n"
    "--set choker=bittyrant:cap=1M.";

absl::Status ListScenarios(const sim::Strategies& strategies) {
  const std::vector<std::string> names = sim::BuiltInScenarioNames();
  int width = 0;
  for (const std::string& name : names) width = std::max(width, DisplayWidth(name));
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const SimTarget target, LoadSimTarget(name, {}, strategies));
    PrintLine(absl::StrCat(PadRight(name, width + 2), target.scenario.title));
  }
  return absl::OkStatus();
}

std::string ValueText(const Parameter& parameter, double value) {
  switch (parameter.kind) {
    case ParameterKind::kFlag:
      return value != 0 ? "yes" : "no";
    case ParameterKind::kRate:
      return sim::FormatQuantity(sim::Unit::kRate, value);
    case ParameterKind::kDuration:
      return sim::FormatQuantity(sim::Unit::kDuration, value);
    case ParameterKind::kInteger:
    case ParameterKind::kNumber:
      break;
  }
  return sim::FormatQuantity(sim::Unit::kNumber, value);
}

std::string RangeText(const Parameter& parameter) {
  if (parameter.kind == ParameterKind::kFlag) return "yes or no";
  return absl::StrCat(ValueText(parameter, parameter.min), " to ",
                      ValueText(parameter, parameter.max));
}

template <class Kinds>
void ListKinds(absl::string_view heading, const Kinds& kinds) {
  PrintLine(heading);
  int name_width = 0;
  int parameter_width = 0;
  int range_width = 0;
  for (const auto& kind : kinds) {
    name_width = std::max(name_width, DisplayWidth(kind.info.name));
    for (const Parameter& parameter : kind.info.parameters) {
      parameter_width = std::max(parameter_width, DisplayWidth(parameter.name));
      range_width = std::max(range_width, DisplayWidth(RangeText(parameter)));
    }
  }
  for (const auto& kind : kinds) {
    PrintLine(absl::StrCat("  ", PadRight(kind.info.name, name_width + 2), kind.info.summary));
    for (const Parameter& parameter : kind.info.parameters) {
      PrintLine(absl::StrCat("      ", PadRight(parameter.name, parameter_width + 2),
                             PadRight(RangeText(parameter), range_width + 2), parameter.explanation,
                             "; ", ValueText(parameter, parameter.fallback), " unless said"));
    }
  }
}

absl::StatusOr<int> RunSimList(const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("sim list takes no argument ",
                                   Printable(arguments.positionals().front()),
                                   "; starling sim show NAME shows one scenario"));
  }
  const sim::Strategies& strategies = *arguments.strategies();
  if (!arguments.Has("--strategies")) {
    RETURN_IF_ERROR(ListScenarios(strategies));
    return kExitDone;
  }
  ListKinds("chokers: who is served", strategies.chokers.kinds());
  PrintLine("");
  ListKinds("piece policies: what is fetched next", strategies.pieces.kinds());
  PrintLine("");
  ListKinds("lookup variants: how the DHT is asked", strategies.lookups.kinds());
  PrintLine("");
  ListKinds("behaviours: how a member departs from the protocol", strategies.behaviours.kinds());
  return kExitDone;
}

}  // namespace

Command SimListCommand() {
  return {"sim list",
          "the built-in scenarios, or the strategies they may use",
          {"[--strategies]"},
          kExplanation,
          {{"--strategies", 0, Takes::kNothing, "", false,
            "chokers, piece policies, lookup variants and behaviours instead"}},
          {{"what is there", "starling sim list"},
           {"what to choose from, and how to tune it", "starling sim list --strategies"}},
          RunSimList};
}

}  // namespace starling::cli
