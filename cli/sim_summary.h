// What `sim run` says at its end, as pure text: the facts, a table by class, and small plots.
#pragma once

#include <string>
#include <vector>

#include "cli/text_plot.h"
#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::cli {

// Lines of at most `width` cells where text can be cut.
std::vector<std::string> RenderSimSummary(const sim::Scenario& scenario, const sim::Result& result,
                                          int width);

}  // namespace starling::cli
