#include "sim/built_in_scenarios.h"

#include "sim/embedded_text.h"

namespace starling::sim {

std::vector<std::string> BuiltInScenarioNames() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kScenarioTextCount; ++i) names.emplace_back(kScenarioTexts[i].name);
  return names;
}

std::optional<absl::string_view> BuiltInScenarioText(absl::string_view name) {
  for (size_t i = 0; i < kScenarioTextCount; ++i) {
    if (name == kScenarioTexts[i].name) return kScenarioTexts[i].text;
  }
  return std::nullopt;
}

}  // namespace starling::sim
