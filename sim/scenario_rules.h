// What a scenario must fulfil beyond the ranges of single fields: that pieces are powers of two,
// that names refer to something, that nothing contradicts itself. For scenarios from files, where
// the path leads back to a line, and for those that a program fills itself.
#pragma once

#include <optional>
#include <string>

#include "sim/scenario.h"

namespace starling::sim {

struct Strategies;  // sim/strategies.h

struct ScenarioProblem {
  std::string path;  // "population.leechers.capacity"
  std::string what;  // what is wrong; what is allowed
};

std::optional<ScenarioProblem> FindProblem(const Scenario& scenario);
// A choker, piece policy, behaviour or lookup variant that does not exist, or that has no such
// parameter.
std::optional<ScenarioProblem> FindStrategyProblem(const Scenario& scenario,
                                                   const Strategies& strategies);

}  // namespace starling::sim
