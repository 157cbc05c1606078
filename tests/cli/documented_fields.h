// The fields that docs/json.md lists, to be compared with those of an object.
#pragma once

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/strip.h"

namespace starling::cli {

using Fields = std::vector<std::string>;

// Heading -> fields of the table below it.
inline std::map<std::string, Fields> ReadDocumentation() {
  std::ifstream file(STARLING_SOURCE_DIR "/docs/json.md");
  std::map<std::string, Fields> tables;
  std::string heading;
  for (std::string line; std::getline(file, line);) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "### ")) heading = std::string(rest);
    if (!absl::ConsumePrefix(&rest, "| ")) continue;
    const std::string field(rest.substr(0, rest.find(' ')));
    if (field != "field") tables[heading].push_back(field);
  }
  return tables;
}

inline Fields Documented(const std::string& heading) {
  static const std::map<std::string, Fields> tables = ReadDocumentation();
  const auto found = tables.find(heading);
  return found == tables.end() ? Fields() : found->second;
}

inline Fields FieldsOf(const boost::json::value& value) {
  Fields fields;
  for (const auto& entry : value.as_object()) fields.emplace_back(entry.key());
  return fields;
}

}  // namespace starling::cli
