// `starling sim show`: a scenario as the file it is.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "sim/built_in_scenarios.h"
#include "sim/scenario_file.h"
#include "sim/scenario_manual.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Prints a built-in scenario as the TOML file it is: who takes part, with which\n"
    "links, what is shared, what should come out. Its [params] are the short names\n"
    "that --set takes beside dotted paths. Save it, change it, and run the file.\n"
    "\n"
    "With --set or --all every field is printed, also those that the file leaves as\n"
    "they are. --fields explains every field that a scenario may have.";

absl::StatusOr<int> RunSimShow(const Arguments& arguments) {
  if (arguments.Has("--fields")) {
    PrintLine(absl::StripSuffix(sim::ScenarioManual(), "\n"));
    return kExitDone;
  }
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("sim show needs one NAME or FILE.toml", SeeHelp("sim show")));
  }
  std::vector<sim::Setting> settings;
  for (const std::string& text : arguments.Values("--set")) {
    ASSIGN_OR_RETURN(const sim::Setting setting, ParseSetting(text));
    settings.push_back(setting);
  }
  const std::string& name = arguments.positionals().front();
  ASSIGN_OR_RETURN(const SimTarget target, LoadSimTarget(name, settings, *arguments.strategies()));
  const auto text = sim::BuiltInScenarioText(name);
  const bool as_it_is = settings.empty() && !arguments.Has("--all") && text.has_value();
  const std::string written = as_it_is ? std::string(*text) : sim::WriteScenario(target.scenario);
  PrintLine(absl::StripSuffix(written, "\n"));
  return kExitDone;
}

}  // namespace

Command SimShowCommand() {
  return {"sim show",
          "a scenario as the TOML file it is",
          {"NAME|FILE.toml [--all] [--set KEY=VALUE]...", "--fields"},
          kExplanation,
          {
              {"--all", 0, Takes::kNothing, "", false, "every field, also those left as they are"},
              {"--set", 0, Takes::kValue, "KEY=VALUE", true, "what it would be with this changed"},
              {"--fields", 0, Takes::kNothing, "", false, "explain every field there is"},
          },
          {{"a scenario of one's own, from a built-in one",
            "starling sim show flash-crowd > mine.toml"},
           {"what a setting does", "starling sim show flash-crowd --set leechers=100"}},
          RunSimShow};
}

}  // namespace starling::cli
