#include "cli/sim_kept.h"

#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"
#include "cli/files.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

namespace json = boost::json;

constexpr uint64_t kKeptSizeMax = 1 << 20;
constexpr uint64_t kProgramSizeMax = uint64_t{1} << 30;

std::string DigestOf(absl::string_view text) { return ToHex(Sha256(AsBytes(text)).bytes); }

std::string TextOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : "";
}

// Metrics are kept as text: what the JSON library reads back of a number may be off in its last
// digit, and a resumed sweep would differ from one that was never cut off.
double NumberOf(const json::value* value) {
  boost::system::error_code error;
  if (value != nullptr && value->is_string()) {
    double number = 0;
    return absl::SimpleAtod(value->get_string().c_str(), &number) ? number : 0;
  }
  const double number = value == nullptr ? 0 : value->to_number<double>(error);
  return error ? 0 : number;
}

}  // namespace

std::string ScenarioKey(const sim::Scenario& scenario) {
  sim::Scenario bare = scenario;
  bare.title.clear();
  bare.about.clear();
  bare.parameters.clear();
  bare.checks.clear();
  return DigestOf(sim::WriteScenario(bare));
}

std::string ProgramKey() {
  const absl::StatusOr<std::string> program = ReadFile("/proc/self/exe", kProgramSizeMax);
  return program.ok() ? DigestOf(*program) : "unknown";
}

std::string KeptRunJson(const KeptRun& kept) {
  json::object metrics;
  for (const auto& [name, value] : kept.run.metrics) {
    if (std::isfinite(value)) metrics[name] = ShortestText(value);
  }
  json::array broken;
  for (const std::string& sentence : kept.run.broken) broken.emplace_back(sentence);
  const json::object object = {{"scenario", kept.scenario_key},
                               {"program", kept.program_key},
                               {"seed", kept.seed},
                               {"trace_hash", kept.trace_hash},
                               {"cpu_s", kept.run.cpu_s},
                               {"broken", broken},
                               {"metrics", metrics}};
  return json::serialize(object);
}

std::optional<KeptRun> ParseKeptRun(absl::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* seed = object.if_contains("seed");
  const json::value* metrics = object.if_contains("metrics");
  const json::value* broken = object.if_contains("broken");
  if (seed == nullptr || metrics == nullptr || !metrics->is_object() || broken == nullptr ||
      !broken->is_array()) {
    return std::nullopt;
  }
  KeptRun kept;
  kept.seed = seed->to_number<uint64_t>(error);
  if (error) return std::nullopt;
  kept.scenario_key = TextOf(object, "scenario");
  kept.program_key = TextOf(object, "program");
  kept.trace_hash = TextOf(object, "trace_hash");
  kept.run.cpu_s = NumberOf(object.if_contains("cpu_s"));
  for (const json::key_value_pair& metric : metrics->get_object()) {
    kept.run.metrics[std::string(metric.key_c_str())] = NumberOf(&metric.value());
  }
  for (const json::value& sentence : broken->get_array()) {
    if (sentence.is_string()) kept.run.broken.emplace_back(sentence.get_string().c_str());
  }
  return kept;
}

absl::Status KeepRun(const std::string& path, const KeptRun& kept) {
  return WriteFileAtomically(path, KeptRunJson(kept) + "\n");
}

std::optional<KeptRun> FindKeptRun(const std::string& path, const KeptRun& wanted,
                                   bool any_program) {
  const absl::StatusOr<std::string> text = ReadFile(path, kKeptSizeMax);
  if (!text.ok()) return std::nullopt;
  std::optional<KeptRun> kept = ParseKeptRun(*text);
  if (!kept.has_value() || kept->scenario_key != wanted.scenario_key || kept->seed != wanted.seed) {
    return std::nullopt;
  }
  if (!any_program && kept->program_key != wanted.program_key) return std::nullopt;
  return kept;
}

}  // namespace starling::cli
