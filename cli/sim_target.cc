#include "cli/sim_target.h"

#include <boost/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/arguments.h"
#include "cli/files.h"
#include "cli/text.h"
#include "sim/built_in_scenarios.h"
#include "sim/result.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

namespace json = boost::json;

constexpr uint64_t kScenarioSizeMax = 1 << 20;
constexpr uint64_t kResultSizeMax = 64 << 20;

// Of several runs in one result.
constexpr absl::string_view kNoTraceHash = "0x0000000000000000";

absl::Status NoResult(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": ", why));
}

std::string TextOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : "";
}

std::optional<int64_t> NumberOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  boost::system::error_code error;
  const int64_t number = value == nullptr ? 0 : value->to_number<int64_t>(error);
  if (value == nullptr || error) return std::nullopt;
  return number;
}

absl::StatusOr<SimTarget> LoadFolder(const std::string& folder,
                                     const std::vector<sim::Setting>& settings,
                                     const sim::Strategies& strategies) {
  if (!settings.empty()) {
    return UsageError(
        "--set does not go with a folder: its run is repeated as it was; to change "
        "it, run its scenario.toml");
  }
  const std::string result_path = absl::StrCat(folder, "/result.json");
  if (!PathExists(result_path)) return NoResult(folder, "holds no result: there is no result.json");
  SimTarget target;
  ASSIGN_OR_RETURN(const std::string result, ReadFile(result_path, kResultSizeMax));
  ASSIGN_OR_RETURN(target.earlier, ParseEarlierResult(result, result_path));
  const std::string path = absl::StrCat(folder, "/scenario.toml");
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kScenarioSizeMax));
  ASSIGN_OR_RETURN(target.scenario, sim::ReadScenario(text, Printable(path), {}, &strategies));
  return target;
}

}  // namespace

absl::StatusOr<EarlierResult> ParseEarlierResult(const std::string& text, const std::string& path) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return NoResult(path, "is no result of a simulation");
  const json::object& object = value.get_object();
  const std::optional<int64_t> version = NumberOf(object, "schema_version");
  if (version != sim::Result::kSchemaVersion) {
    return NoResult(path, absl::StrCat("has another schema_version than ",
                                       sim::Result::kSchemaVersion, ", which this program reads"));
  }
  EarlierResult earlier;
  const json::value* seed = object.if_contains("seed");
  earlier.seed = seed == nullptr ? 0 : seed->to_number<uint64_t>(error);
  earlier.trace_hash = TextOf(object, "trace_hash");
  if (earlier.trace_hash == kNoTraceHash) {
    return NoResult(path, "made by `starling dht bench`; command.txt beside it says how");
  }
  const json::value* partial = object.if_contains("partial");
  const std::optional<int64_t> simulated = NumberOf(object, "simulated_us");
  if (seed == nullptr || error || earlier.trace_hash.empty() || partial == nullptr ||
      !partial->is_bool() || !simulated.has_value() || *simulated < 0) {
    return NoResult(path, "lacks seed, trace_hash, partial or simulated_us");
  }
  if (partial->get_bool()) earlier.stopped = Duration(*simulated);
  earlier.commit = TextOf(object, "commit");
  earlier.compiler = TextOf(object, "compiler");
  return earlier;
}

absl::StatusOr<SimTarget> LoadSimTarget(const std::string& name,
                                        const std::vector<sim::Setting>& settings,
                                        const sim::Strategies& strategies) {
  if (IsFolder(name)) return LoadFolder(name, settings, strategies);
  SimTarget target;
  const bool is_path = absl::StrContains(name, "/") || absl::EndsWith(name, ".toml");
  if (const auto built_in = sim::BuiltInScenarioText(name); built_in.has_value() && !is_path) {
    ASSIGN_OR_RETURN(target.scenario, sim::ReadScenario(*built_in, name, settings, &strategies));
    return target;
  }
  if (!is_path && !PathExists(name)) {
    return absl::NotFoundError(absl::StrCat("there is no scenario ", Printable(name),
                                            "; starling sim list names all that are built in"));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(name, kScenarioSizeMax));
  ASSIGN_OR_RETURN(target.scenario,
                   sim::ReadScenario(text, Printable(name), settings, &strategies));
  return target;
}

absl::StatusOr<sim::Setting> ParseSetting(absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return UsageError(absl::StrCat("--set ", Printable(text), ": must be KEY=VALUE, such as ",
                                   "leechers=100", SeeHelp("sim run")));
  }
  return sim::Setting{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace starling::cli
