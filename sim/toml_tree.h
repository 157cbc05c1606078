// A TOML document as a plain tree: tables keep the order of the file, and everything knows its
// line, so that whoever reads it can say where something is wrong. The only unit that knows the
// TOML library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace starling::sim {

struct TomlMember;

struct TomlNode {
  enum class Kind { kTable, kList, kText, kInteger, kNumber, kFlag, kTime };

  Kind kind = Kind::kTable;
  int line = 0;
  std::string text;     // kText
  int64_t integer = 0;  // kInteger
  double number = 0;    // kNumber and kInteger
  bool flag = false;    // kFlag
  std::vector<TomlNode> items;
  std::vector<TomlMember> members;

  // Not from the file but typed by the user: how ("--set up=50KB/s"). It is then kText whatever it
  // means, and may be held to a narrower range than its field.
  std::string setting;
  std::optional<double> min, max;

  bool is_table() const { return kind == Kind::kTable; }
  const TomlNode* Find(absl::string_view key) const;
  TomlNode* Find(absl::string_view key);
};

struct TomlMember {
  std::string key;
  int line = 0;  // of the key; the value may begin further down
  TomlNode value;
};

// InvalidArgument "FILE:LINE: what is wrong". Hostile text is refused, never followed: its size and
// the depth of its tables are limited.
absl::StatusOr<TomlNode> ParseToml(absl::string_view text, absl::string_view file_name);

}  // namespace starling::sim
