// The other half of scenario_file.h: a scenario as TOML, a visitor of the schema like the reader.

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/scenario_file.h"
#include "sim/scenario_schema.h"

namespace starling::sim {
namespace {

// The code point at the front of `text`, which is taken off; texts are UTF-8.
uint32_t TakeCodePoint(absl::string_view* text) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>((*text)[i]) & 0xff; };
  const uint32_t first = byte(0);
  const size_t size = std::min<size_t>(first < 0xc0   ? 1
                                       : first < 0xe0 ? 2
                                       : first < 0xf0 ? 3
                                                      : 4,
                                       text->size());
  uint32_t point = size == 1 ? first : first & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) point = point << 6 | (byte(i) & 0x3f);
  text->remove_prefix(size);
  return point;
}

std::string QuoteText(absl::string_view text, bool keep_lines) {
  std::string quoted;
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) >= 0x80) {
      // Files are ASCII outside of comments; see toml_guard.h.
      absl::StrAppendFormat(&quoted, "\\U%08X", TakeCodePoint(&text));
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (is_control && !(c == '\n' && keep_lines)) {
      absl::StrAppendFormat(&quoted, "\\u%04X", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  return quoted;
}

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", QuoteText(text, false), "\"");
}

std::string QuoteLines(absl::string_view text) {
  if (text.find('\n') == absl::string_view::npos) return Quote(text);
  return absl::StrCat("\"\"\"\n", QuoteText(text, true), "\"\"\"");
}

// The fields of one table: `key = value` each, and tables of its own behind them.
class Writer final : public FieldVisitor {
 public:
  Writer(std::string path, Form form) : path_(std::move(path)), form_(form) {}

  std::string lines() const {
    if (form_ == Form::kInline) return absl::StrCat("{", absl::StrJoin(lines_, ", "), "}");
    return lines_.empty() ? "" : absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
  }
  const std::string& tables() const { return tables_; }

  void Text(Key key, std::string& value, About) override { Write(key, QuoteLines(value)); }
  void Texts(Key key, std::vector<std::string>& values, About) override {
    if (values.size() == 1) return Write(key, Quote(values.front()));
    Write(key, absl::StrCat("[",
                            absl::StrJoin(values, ", ",
                                          [](std::string* out, const std::string& value) {
                                            absl::StrAppend(out, Quote(value));
                                          }),
                            "]"));
  }
  void Word(Key key, std::string& value, Words, About) override { Write(key, Quote(value)); }
  void Flag(Key key, bool& value, About) override { Write(key, value ? "true" : "false"); }
  void Number(Key key, Unit unit, double& value, const Range&, About) override {
    const std::string text = FormatQuantity(unit, value);
    Write(key, IsWrittenAsText(unit) ? Quote(text) : text);
  }
  void MaybeNumber(Key key, std::optional<double>& value, About) override {
    if (value.has_value()) Write(key, FormatQuantity(Unit::kNumber, *value));
  }
  void Strategy(Key key, StrategySpec& value, About) override {
    if (value.values.empty()) return Write(key, Quote(value.name));
    std::string table = absl::StrCat("{name = ", Quote(value.name));
    for (const auto& entry : value.values) {
      absl::StrAppend(&table, ", ", entry.first, " = ",
                      FormatQuantity(Unit::kNumber, entry.second));
    }
    Write(key, table + "}");
  }
  void Capacity(Key key, std::vector<CapacityPoint>& value, About) override {
    if (value.empty()) return;
    std::vector<std::string> pairs;
    for (const CapacityPoint& point : value) {
      pairs.push_back(
          absl::StrCat("[", FormatQuantity(Unit::kShare, point.share), ", ",
                       Quote(FormatQuantity(Unit::kRate, static_cast<double>(point.rate))), "]"));
    }
    Write(key, absl::StrCat("[\n  ", absl::StrJoin(pairs, ",\n  "), ",\n]"));
  }
  void Settings(Key key, std::vector<Setting>& value, About) override {
    if (value.empty()) return;
    std::vector<std::string> pairs;
    for (const Setting& setting : value) {
      pairs.push_back(absl::StrCat(Quote(setting.key), " = ", Quote(setting.value)));
    }
    Write(key, absl::StrCat("{", absl::StrJoin(pairs, ", "), "}"));
  }

  void Table(Key key, Form form, Key, Describer fields, About) override {
    Writer inner(Join(key), form);
    fields(inner);
    if (form == Form::kInline) return Write(key, inner.lines());
    Append(absl::StrCat("[", Join(key), "]"), inner);
  }
  void Tables(Key key, Form form, ElementList& list, About) override {
    if (form == Form::kInline && list.size() > 0) {
      absl::StrAppend(&tables_, "\n[", Join(key), "]\n");
    }
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string path =
          list.has_names() ? absl::StrCat(Join(key), ".", list.name(i)) : Join(key);
      Writer inner(path, form);
      list.Describe(i, inner);
      if (form == Form::kInline) {
        absl::StrAppend(&tables_, list.name(i), " = ", inner.lines(), "\n");
      } else {
        Append(list.has_names() ? absl::StrCat("[", path, "]") : absl::StrCat("[[", path, "]]"),
               inner);
      }
    }
  }

 private:
  std::string Join(Key key) const {
    return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  }
  void Write(Key key, absl::string_view value) {
    lines_.push_back(absl::StrCat(key, " = ", value));
  }
  void Append(absl::string_view header, const Writer& inner) {
    absl::StrAppend(&tables_, "\n", header, "\n", inner.lines(), inner.tables());
  }

  std::string path_;
  Form form_;
  std::vector<std::string> lines_;
  std::string tables_;
};

}  // namespace

std::string WriteScenario(const Scenario& scenario) {
  Scenario copy = scenario;  // The schema may change what it describes.
  Writer writer("", Form::kBlock);
  DescribeFields(writer, copy);
  return absl::StrCat(writer.lines(), writer.tables());
}

}  // namespace starling::sim
