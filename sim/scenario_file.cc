#include "sim/scenario_file.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/scenario_reader.h"
#include "sim/scenario_rules.h"
#include "sim/scenario_settings.h"
#include "sim/toml_tree.h"

namespace starling::sim {
namespace {

std::string NameFromFile(absl::string_view file_name) {
  const size_t slash = file_name.rfind('/');
  if (slash != absl::string_view::npos) file_name.remove_prefix(slash + 1);
  return std::string(file_name.substr(0, file_name.find('.')));
}

// The node at a dotted path, or the deepest one on the way.
void AddAt(const ScenarioProblem& found, const TomlNode& tree, FirstProblem* problem) {
  const TomlNode* node = &tree;
  int line = 1;
  for (const absl::string_view part : absl::StrSplit(found.path, '.')) {
    size_t index = 0;
    const TomlNode* next = nullptr;
    if (node->kind == TomlNode::Kind::kList) {
      const bool is_index = absl::SimpleAtoi(part, &index) && index - 1 < node->items.size();
      next = is_index ? &node->items[index - 1] : nullptr;
    } else {
      next = node->Find(part);
    }
    if (next == nullptr) break;
    node = next;
    if (node->line != 0) line = node->line;
  }
  // A setting inside of what does not fit is to blame rather than the file around it.
  const TomlNode* blamed = node;
  for (const TomlMember& member : node->members) {
    if (blamed->setting.empty() && !member.value.setting.empty()) blamed = &member.value;
  }
  const bool is_typed = !blamed->setting.empty();
  problem->Add(line, blamed->setting,
               is_typed ? found.what : absl::StrCat(found.path, ": ", found.what));
}

absl::StatusOr<Scenario> ReadTree(TomlNode tree, absl::string_view file_name,
                                  std::span<const Setting> settings, const Strategies* strategies) {
  if (absl::Status status = ApplySettings(settings, &tree); !status.ok()) return status;
  FirstProblem problem;
  Scenario scenario = ReadFields(tree, &problem);
  if (scenario.name.empty()) scenario.name = NameFromFile(file_name);
  if (!problem.exists()) {
    std::optional<ScenarioProblem> found = FindProblem(scenario);
    if (!found.has_value() && strategies != nullptr) {
      found = FindStrategyProblem(scenario, *strategies);
    }
    if (found.has_value()) AddAt(*found, tree, &problem);
  }
  if (problem.exists()) return absl::InvalidArgumentError(problem.Format(file_name));
  return scenario;
}

// That a check cannot be made is said when the file is read, not hours later.
absl::Status CheckRuns(const Scenario& scenario, const TomlNode& tree, absl::string_view file_name,
                       std::span<const Setting> settings, const Strategies* strategies) {
  for (const CheckSpec& check : scenario.checks) {
    for (size_t i = 0; i < check.runs.size(); ++i) {
      std::vector<Setting> all(settings.begin(), settings.end());
      all.insert(all.end(), check.runs[i].settings.begin(), check.runs[i].settings.end());
      const absl::StatusOr<Scenario> read = ReadTree(tree, file_name, all, strategies);
      if (read.ok()) continue;
      FirstProblem problem;
      AddAt({absl::StrCat("check.", check.size, ".run.", i + 1),
             std::string(read.status().message())},
            tree, &problem);
      return absl::InvalidArgumentError(problem.Format(file_name));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scenario> ReadScenario(absl::string_view text, absl::string_view file_name,
                                      std::span<const Setting> settings,
                                      const Strategies* strategies) {
  absl::StatusOr<TomlNode> tree = ParseToml(text, file_name);
  if (!tree.ok()) return tree.status();
  absl::StatusOr<Scenario> scenario = ReadTree(*tree, file_name, settings, strategies);
  if (!scenario.ok()) return scenario;
  absl::Status status = CheckRuns(*scenario, *tree, file_name, settings, strategies);
  if (!status.ok()) return status;
  return scenario;
}

absl::StatusOr<Scenario> WithSettings(const Scenario& scenario, std::span<const Setting> settings,
                                      const Strategies* strategies) {
  absl::StatusOr<TomlNode> tree = ParseToml(WriteScenario(scenario), scenario.name);
  if (!tree.ok()) return tree.status();
  return ReadTree(*std::move(tree), scenario.name, settings, strategies);
}

}  // namespace starling::sim
