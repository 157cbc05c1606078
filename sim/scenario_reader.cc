#include "sim/scenario_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/closest_name.h"

namespace starling::sim {
namespace {

using NodeKind = TomlNode::Kind;

constexpr size_t kElementsMax = 200;  // populations, cells, ...
constexpr size_t kNameSizeMax = 60;

std::string Shown(const TomlNode& node) {
  switch (node.kind) {
    case NodeKind::kTable:
      return "a table";
    case NodeKind::kList:
      return "a list";
    case NodeKind::kText:
      return Quoted(node.text);
    case NodeKind::kInteger:
      return absl::StrCat(node.integer);
    case NodeKind::kNumber:
      return absl::StrCat(node.number);
    case NodeKind::kFlag:
      return node.flag ? "true" : "false";
    case NodeKind::kTime:
      return "a date or time";
  }
  return "";
}

std::optional<bool> TypedFlag(absl::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

// A parameter of a strategy: its unit is known to the strategy alone.
std::optional<double> StrategyValue(const TomlNode& node) {
  switch (node.kind) {
    case NodeKind::kInteger:
    case NodeKind::kNumber:
      return node.number;
    case NodeKind::kFlag:
      return node.flag ? 1 : 0;
    case NodeKind::kText: {
      if (const std::optional<bool> flag = TypedFlag(node.text)) return *flag ? 1 : 0;
      return ParseQuantity(Unit::kAny, node.text);
    }
    case NodeKind::kTable:
    case NodeKind::kList:
    case NodeKind::kTime:
      break;
  }
  return std::nullopt;
}

std::string SettingText(const TomlNode& node) {
  if (node.kind == NodeKind::kText) return node.text;
  if (node.kind == NodeKind::kNumber) return FormatQuantity(Unit::kNumber, node.number);
  return Shown(node);
}

class Reader final : public FieldVisitor {
 public:
  Reader(const TomlNode& table, std::string path, FirstProblem* problem)
      : table_(table), path_(std::move(path)), problem_(*problem) {}

  // After all fields: what was not asked for is not known.
  void RefuseUnknown() {
    for (const TomlMember& member : table_.members) {
      if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
      problem_.Add(
          member.line, member.value.setting,
          absl::StrCat("unknown key ", Quoted(member.key),
                       path_.empty() ? "" : absl::StrCat(" in ", path_),
                       DidYouMean(member.key, known_), "; allowed: ", absl::StrJoin(known_, ", ")));
    }
  }

  const std::vector<std::string>& known() const { return known_; }

  void Text(Key key, std::string& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    if (node->kind != NodeKind::kText) return Refuse(key, *node, "text in quotes");
    value = node->text;
  }

  void Texts(Key key, std::vector<std::string>& values, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    values.clear();
    if (node->kind == NodeKind::kText) values = {node->text};
    for (const TomlNode& item : node->items) {
      if (item.kind != NodeKind::kText) return Refuse(key, item, "text in quotes");
      values.push_back(item.text);
    }
    if (values.empty()) Refuse(key, *node, "text in quotes, or a list of such texts");
  }

  void Word(Key key, std::string& value, Words words, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    if (node->kind == NodeKind::kText &&
        std::find(words.begin(), words.end(), node->text) != words.end()) {
      value = node->text;
      return;
    }
    std::vector<std::string> quoted;
    for (const absl::string_view word : words) quoted.push_back(Quoted(word));
    Refuse(key, *node, absl::StrCat("one of ", absl::StrJoin(quoted, ", ")));
  }

  void Flag(Key key, bool& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    std::optional<bool> flag;
    if (node->kind == NodeKind::kFlag) flag = node->flag;
    if (!node->setting.empty()) flag = TypedFlag(node->text);
    if (!flag.has_value()) return Refuse(key, *node, "true or false");
    value = *flag;
  }

  void Number(Key key, Unit unit, double& value, const Range& field_range, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    Range range = field_range;
    if (node->min.has_value()) range.min = std::max(range.min, *node->min);
    if (node->max.has_value()) range.max = std::min(range.max, *node->max);
    const std::optional<double> number = NumberOf(unit, *node);
    const bool fits = number.has_value() && *number >= range.min && *number <= range.max &&
                      (unit != Unit::kCount || *number == std::trunc(*number));
    if (!fits) return Refuse(key, *node, AllowedQuantity(unit, range));
    value = *number;
  }

  void MaybeNumber(Key key, std::optional<double>& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    const std::optional<double> number = NumberOf(Unit::kNumber, *node);
    if (!number.has_value() || !std::isfinite(*number)) return Refuse(key, *node, "a number");
    value = *number;
  }

  void Strategy(Key key, StrategySpec& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    if (node->kind == NodeKind::kText) {
      const absl::StatusOr<StrategySpec> parsed = ParseStrategy(node->text);
      if (!parsed.ok()) return Add(key, *node, std::string(parsed.status().message()));
      value = *parsed;
      return;
    }
    if (!node->is_table()) return Refuse(key, *node, "a name, or {name = ..., parameter = ...}");
    StrategySpec spec;
    spec.name = value.name;
    for (const TomlMember& member : node->members) {
      if (IsHead(member.key, "name")) {
        const absl::StatusOr<StrategySpec> named = ParseStrategy(member.value.text);
        if (!named.ok() || !named->values.empty()) return Refuse(key, member.value, "a name");
        spec.name = named->name;
        continue;
      }
      const std::optional<double> number = StrategyValue(member.value);
      if (!number.has_value() || !std::isfinite(*number)) {
        return Refuse(absl::StrCat(key, ".", member.key), member.value,
                      "a number, perhaps with a unit, or true or false");
      }
      spec.values[member.key] = *number;
    }
    value = spec;
  }

  void Capacity(Key key, std::vector<CapacityPoint>& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    constexpr absl::string_view kForm = "a list of pairs such as [0.5, \"50KB/s\"]";
    if (node->kind != NodeKind::kList || node->items.size() > kElementsMax) {
      return Refuse(key, *node, kForm);
    }
    value.clear();
    for (const TomlNode& item : node->items) {
      if (item.items.size() != 2) return Refuse(key, item, kForm);
      const std::optional<double> share = NumberOf(Unit::kShare, item.items[0]);
      const std::optional<double> rate = NumberOf(Unit::kRate, item.items[1]);
      if (!share.has_value() || !(*share >= 0 && *share <= 1) || !rate.has_value()) {
        return Refuse(key, item, kForm);
      }
      value.push_back({*share, static_cast<uint64_t>(*rate)});
    }
  }

  void Settings(Key key, std::vector<Setting>& value, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    if (!node->is_table()) return Refuse(key, *node, "a table: {parameter = value, ...}");
    value.clear();
    Flatten(*node, "", &value);
  }

  void Table(Key key, Form, Key head, Describer fields, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    TomlNode unfolded;
    if (!head.empty()) {
      unfolded = Unfold(*node, head);
      node = &unfolded;
    }
    if (!node->is_table()) {
      return Refuse(key, *node,
                    head.empty() ? "a table" : absl::StrCat("a table, or text for its ", head));
    }
    Reader inner(*node, Join(key), &problem_);
    fields(inner);
    inner.RefuseUnknown();
  }

  void Tables(Key key, Form, ElementList& list, About) override {
    const TomlNode* node = Take(key);
    if (node == nullptr) return;
    list.has_names() ? ReadNamed(key, *node, list) : ReadListed(key, *node, list);
  }

 private:
  const TomlNode* Take(Key key) {
    known_.push_back(std::string(key));
    return table_.Find(key);
  }

  std::string Join(absl::string_view key) const {
    return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  }

  void Add(absl::string_view key, const TomlNode& node, absl::string_view what) {
    // Who typed a setting sees it; who wrote a file is told where.
    const std::string place = node.setting.empty() ? absl::StrCat(Join(key), ": ") : "";
    problem_.Add(node, absl::StrCat(place, what));
  }
  void Refuse(absl::string_view key, const TomlNode& node, absl::string_view allowed) {
    const std::string found = node.setting.empty() ? absl::StrCat(", not ", Shown(node)) : "";
    Add(key, node, absl::StrCat("must be ", allowed, found));
  }

  static std::optional<double> NumberOf(Unit unit, const TomlNode& node) {
    const bool is_number = node.kind == NodeKind::kInteger || node.kind == NodeKind::kNumber;
    if (is_number) {
      if (IsWrittenAsText(unit) && node.number != 0) return std::nullopt;
      return node.number;
    }
    if (node.kind != NodeKind::kText) return std::nullopt;
    const bool needs_no_quotes = unit == Unit::kCount || unit == Unit::kNumber;
    if (needs_no_quotes && node.setting.empty()) return std::nullopt;
    return ParseQuantity(unit, node.text);
  }

  // "" is what a short form became when a setting went into it.
  static bool IsHead(absl::string_view key, absl::string_view head) {
    return key.empty() || key == head;
  }

  // `stay = "leave"` as `stay = {kind = "leave"}`.
  static TomlNode Unfold(const TomlNode& node, Key head) {
    TomlNode table = node;
    if (node.kind == NodeKind::kText) {
      table.kind = NodeKind::kTable;
      table.members = {{std::string(head), node.line, node}};
    }
    for (TomlMember& member : table.members) {
      if (member.key.empty()) member.key = std::string(head);
    }
    return table;
  }

  void Flatten(const TomlNode& table, const std::string& prefix, std::vector<Setting>* settings) {
    for (const TomlMember& member : table.members) {
      const std::string key = prefix.empty() ? member.key : absl::StrCat(prefix, ".", member.key);
      if (member.value.is_table()) {
        Flatten(member.value, key, settings);
      } else if (member.value.kind == NodeKind::kList || member.value.kind == NodeKind::kTime) {
        return Refuse(absl::StrCat("set.", key), member.value, "text, a number, true or false");
      } else if (settings->size() < kElementsMax) {
        settings->push_back({key, SettingText(member.value)});
      }
    }
  }

  void ReadNamed(Key key, const TomlNode& node, ElementList& list) {
    if (!node.is_table()) return Refuse(key, node, absl::StrCat("tables: [", key, ".NAME]"));
    std::vector<std::string> names;
    for (const TomlMember& member : node.members) {
      const std::string path = absl::StrCat(key, ".", Quoted(member.key));
      if (!member.value.setting.empty() && member.value.is_table()) {
        return problem_.Add(member.value,
                            absl::StrCat("there is no ", key, " ", Quoted(member.key),
                                         DidYouMean(member.key, names),
                                         "; there are: ", absl::StrJoin(names, ", ")));
      }
      if (!IsScenarioName(member.key) || names.size() >= kElementsMax) {
        return Refuse(
            path, member.value,
            absl::StrCat("named by at most ", kNameSizeMax,
                         " letters, digits, - and _, and be one of at most ", kElementsMax));
      }
      if (!member.value.is_table()) return Refuse(path, member.value, "a table");
      names.push_back(member.key);
      list.Append();
      list.name(list.size() - 1) = member.key;
      ReadElement(absl::StrCat(Join(key), ".", member.key), member.value, list);
    }
  }

  void ReadListed(Key key, const TomlNode& node, ElementList& list) {
    const std::string form = absl::StrCat("a list of tables, each headed [[", Join(key), "]]");
    if (node.kind != NodeKind::kList || node.items.size() > kElementsMax) {
      return Refuse(key, node, form);
    }
    for (const TomlNode& item : node.items) {
      if (!item.is_table()) return Refuse(key, item, form);
      list.Append();
      ReadElement(absl::StrCat(Join(key), ".", list.size()), item, list);
    }
  }

  void ReadElement(std::string path, const TomlNode& table, ElementList& list) {
    Reader inner(table, std::move(path), &problem_);
    list.Describe(list.size() - 1, inner);
    inner.RefuseUnknown();
  }

  const TomlNode& table_;
  std::string path_;
  FirstProblem& problem_;
  std::vector<std::string> known_;
};

}  // namespace

void FirstProblem::Add(int line, absl::string_view setting, std::string what) {
  if (exists_ && line_ <= line) return;
  exists_ = true;
  line_ = line;
  setting_ = std::string(setting);
  what_ = std::move(what);
}

std::string FirstProblem::Format(absl::string_view file_name) const {
  if (!setting_.empty()) return absl::StrCat(setting_, ": ", what_);
  return absl::StrCat(file_name, ":", std::max(line_, 1), ": ", what_);
}

bool IsScenarioName(absl::string_view name) {
  return !name.empty() && name.size() <= kNameSizeMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShownMax = 60;
  const bool is_long = text.size() > kShownMax;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShownMax)), is_long ? "..." : "",
                      "\"");
}

Scenario ReadFields(const TomlNode& tree, FirstProblem* problem) {
  Scenario scenario;
  Reader reader(tree, "", problem);
  DescribeFields(reader, scenario);
  reader.RefuseUnknown();
  return scenario;
}

std::vector<std::string> TopLevelKeys() {
  const TomlNode nothing;
  FirstProblem problem;
  Scenario scenario;
  Reader reader(nothing, "", &problem);
  DescribeFields(reader, scenario);
  return reader.known();
}

}  // namespace starling::sim
