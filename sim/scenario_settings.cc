#include "sim/scenario_settings.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sim/closest_name.h"
#include "sim/quantity.h"
#include "sim/scenario_reader.h"

namespace starling::sim {
namespace {

constexpr size_t kPartsMax = 8;

struct Target {
  std::string path;
  std::optional<double> min, max;
};

std::optional<double> Limit(const TomlNode& parameter, absl::string_view key) {
  const TomlNode* node = parameter.Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == TomlNode::Kind::kText) return ParseQuantity(Unit::kAny, node->text);
  return node->number;
}

std::vector<std::string> NamesOf(const TomlNode* table) {
  std::vector<std::string> names;
  if (table == nullptr) return names;
  for (const TomlMember& member : table->members) names.push_back(member.key);
  return names;
}

// The paths behind a parameter, or `key` itself where it is one.
std::vector<Target> TargetsOf(const std::string& key, const TomlNode& tree) {
  const std::pair<std::string, std::string> halves = absl::StrSplit(key, absl::MaxSplits('.', 1));
  const TomlNode* parameters = tree.Find("params");
  const TomlNode* parameter = parameters == nullptr ? nullptr : parameters->Find(halves.first);
  const TomlNode* path = parameter == nullptr ? nullptr : parameter->Find("path");
  if (path == nullptr) return {{key, std::nullopt, std::nullopt}};
  std::vector<std::string> paths;
  if (path->kind == TomlNode::Kind::kText) paths = {path->text};
  for (const TomlNode& item : path->items) paths.push_back(item.text);
  std::vector<Target> targets;
  for (const std::string& each : paths) {
    Target target;
    target.path = each;
    if (halves.second.empty()) {
      target.min = Limit(*parameter, "min");
      target.max = Limit(*parameter, "max");
    } else {  // `choker.cap`: into what the parameter names; its range is not meant.
      absl::StrAppend(&target.path, ".", halves.second);
    }
    if (target.min == 0.0 && target.max == 0.0) target.min = target.max = std::nullopt;
    targets.push_back(std::move(target));
  }
  return targets;
}

// The child `part` of `node`, made if there is none; null where there can be none.
TomlNode* Descend(TomlNode* node, const std::string& part, const std::string& setting) {
  if (node->kind == TomlNode::Kind::kList) {
    size_t index = 0;
    if (!absl::SimpleAtoi(part, &index) || index == 0 || index > node->items.size()) return nullptr;
    return &node->items[index - 1];
  }
  if (node->kind == TomlNode::Kind::kText) {  // choker = "bittyrant", and now choker.cap
    TomlNode head = *node;
    node->kind = TomlNode::Kind::kTable;
    node->members = {{"", head.line, std::move(head)}};
  }
  if (!node->is_table()) return nullptr;
  if (TomlNode* child = node->Find(part)) return child;
  TomlMember made;
  made.key = part;
  made.value.setting = setting;
  node->members.push_back(std::move(made));
  return &node->members.back().value;
}

absl::Status Apply(const Setting& setting, const Target& target, TomlNode* tree) {
  const std::string typed = absl::StrCat("--set ", setting.key, "=", setting.value);
  const std::vector<std::string> parts = absl::StrSplit(target.path, '.');
  TomlNode* node = parts.size() > kPartsMax ? nullptr : tree;
  for (const std::string& part : parts) {
    if (node != nullptr) node = Descend(node, part, typed);
  }
  if (node == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(typed, ": there is no ", Quoted(target.path)));
  }
  TomlNode value;
  value.kind = TomlNode::Kind::kText;
  value.text = setting.value;
  value.setting = typed;
  value.min = target.min;
  value.max = target.max;
  *node = std::move(value);
  return absl::OkStatus();
}

// A single word that is neither a parameter nor a field; the reader finds wrong paths by itself.
absl::Status CheckKey(const Setting& setting, const TomlNode& tree) {
  const std::vector<std::string> names = NamesOf(tree.Find("params"));
  const bool is_path = absl::StrContains(setting.key, ".");
  std::vector<std::string> allowed = names;
  for (const std::string& field : TopLevelKeys()) allowed.push_back(field);
  const std::string first = setting.key.substr(0, setting.key.find('.'));
  for (const std::string& name : allowed) {
    if (name == first) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--set ", setting.key, "=", setting.value, ": there is no parameter ",
      is_path ? "or field " : "", Quoted(first), DidYouMean(first, allowed),
      names.empty()
          ? "; a dotted path, such as population.leechers.count, is allowed"
          : absl::StrCat("; allowed: ", absl::StrJoin(names, ", "), ", or a dotted path")));
}

}  // namespace

absl::Status ApplySettings(std::span<const Setting> settings, TomlNode* tree) {
  for (const Setting& setting : settings) {
    if (absl::Status status = CheckKey(setting, *tree); !status.ok()) return status;
    for (const Target& target : TargetsOf(setting.key, *tree)) {
      if (absl::Status status = Apply(setting, target, tree); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace starling::sim
