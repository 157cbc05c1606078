// Fills a Scenario from a TOML tree along the schema; what does not fit is a problem with its
// place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario_schema.h"
#include "sim/toml_tree.h"

namespace starling::sim {

// The problem that stands first in the file; one is enough to tell.
class FirstProblem {
 public:
  // `line` 0 and no `setting`: of the file as a whole.
  void Add(int line, absl::string_view setting, std::string what);
  void Add(const TomlNode& node, std::string what) { Add(node.line, node.setting, what); }
  bool exists() const { return exists_; }
  // "FILE:12: what", "--set up=5: what"
  std::string Format(absl::string_view file_name) const;

 private:
  bool exists_ = false;
  int line_ = 0;
  std::string setting_;
  std::string what_;
};

// Of a population, a content, a parameter: letters, digits, "-" and "_".
bool IsScenarioName(absl::string_view name);
// Text of strangers, cut and escaped, in quotes.
std::string Quoted(absl::string_view text);

// What `tree` says; the rest keeps its defaults.
Scenario ReadFields(const TomlNode& tree, FirstProblem* problem);

// The keys outside of any table, and those of the tables themselves.
std::vector<std::string> TopLevelKeys();

}  // namespace starling::sim
