// Every field of a scenario file, for the reader: what `sim show --fields` prints and what
// docs/scenarios.md holds, made from the schema.
#pragma once

#include <string>

namespace starling::sim {

// Markdown, a table for each kind of table of the file.
std::string ScenarioManual();

}  // namespace starling::sim
