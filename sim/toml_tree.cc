#include "sim/toml_tree.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "sim/toml_guard.h"

namespace {
// toml++ 3.3 holds its promises to itself by assertions that text from outside can break ("[[["),
// and without them lets the compiler assume that nobody does. Here they are errors like any other.
struct BrokenPromise {};
[[noreturn]] void BreakPromise() { throw BrokenPromise(); }
}  // namespace

// In this file alone. It walks tables by recursion: little depth.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : BreakPromise())
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace starling::sim {
namespace {

int LineOf(const toml::source_region& region) { return static_cast<int>(region.begin.line); }

TomlNode Convert(const toml::node& node);

void ConvertTable(const toml::table& table, TomlNode* target) {
  std::vector<std::pair<std::pair<int, int>, TomlMember>> placed;
  for (auto&& [key, value] : table) {
    TomlMember member;
    member.key = std::string(key.str());
    member.line = LineOf(key.source());
    member.value = Convert(value);
    placed.push_back({{member.line, static_cast<int>(key.source().begin.column)}, member});
  }
  // The library sorts by key.
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& entry : placed) target->members.push_back(std::move(entry.second));
}

TomlNode Convert(const toml::node& node) {
  TomlNode converted;
  converted.line = LineOf(node.source());
  if (const toml::table* table = node.as_table()) {
    ConvertTable(*table, &converted);
  } else if (const toml::array* list = node.as_array()) {
    converted.kind = TomlNode::Kind::kList;
    for (const toml::node& item : *list) converted.items.push_back(Convert(item));
  } else if (const auto* text = node.as_string()) {
    converted.kind = TomlNode::Kind::kText;
    converted.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    converted.kind = TomlNode::Kind::kInteger;
    converted.integer = integer->get();
    converted.number = static_cast<double>(integer->get());
  } else if (const auto* number = node.as_floating_point()) {
    converted.kind = TomlNode::Kind::kNumber;
    converted.number = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    converted.kind = TomlNode::Kind::kFlag;
    converted.flag = flag->get();
  } else {
    converted.kind = TomlNode::Kind::kTime;
  }
  return converted;
}

absl::Status Refused(absl::string_view file_name, int line, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(file_name, ":", line, ": ", absl::Utf8SafeCHexEscape(why)));
}

}  // namespace

const TomlNode* TomlNode::Find(absl::string_view key) const {
  for (const TomlMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

TomlNode* TomlNode::Find(absl::string_view key) {
  return const_cast<TomlNode*>(std::as_const(*this).Find(key));
}

absl::StatusOr<TomlNode> ParseToml(absl::string_view text, absl::string_view file_name) {
  if (const std::optional<TomlDanger> danger = FindTomlDanger(text)) {
    return Refused(file_name, danger->line, danger->what);
  }
  // The one place where the library's exceptions end.
  try {
    return Convert(toml::parse(std::string_view(text.data(), text.size())));
  } catch (const toml::parse_error& error) {
    const std::string_view why = error.description();
    return Refused(file_name, LineOf(error.source()), absl::string_view(why.data(), why.size()));
  } catch (const BrokenPromise&) {
    return Refused(file_name, 1, "this is no TOML");
  }
}

}  // namespace starling::sim
