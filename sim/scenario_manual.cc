#include "sim/scenario_manual.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "sim/scenario_schema.h"

namespace starling::sim {
namespace {

std::string Code(absl::string_view text) { return absl::StrCat("`", text, "`"); }

// A row a field; tables are noted, to be explained after this one.
class Explainer final : public FieldVisitor {
 public:
  explicit Explainer(std::string path) : path_(std::move(path)) {}

  std::string rows() const {
    if (rows_.empty()) return "";
    return absl::StrCat("| key | value | unless said | what it is |\n| --- | --- | --- | --- |\n",
                        absl::StrJoin(rows_, ""));
  }
  const std::string& chapters() const { return chapters_; }

  void Text(Key key, std::string& value, About about) override {
    Row(key, "text", value.empty() ? "" : Code(value), about);
  }
  void Texts(Key key, std::vector<std::string>&, About about) override {
    Row(key, "text, or a list of texts", "", about);
  }
  void Word(Key key, std::string& value, Words words, About about) override {
    std::vector<std::string> quoted;
    for (const absl::string_view word : words) {
      if (!word.empty()) quoted.push_back(Code(word));
    }
    Row(key, absl::StrJoin(quoted, ", "), value.empty() ? "" : Code(value), about);
  }
  void Flag(Key key, bool& value, About about) override {
    Row(key, "true or false", value ? "true" : "false", about);
  }
  void Number(Key key, Unit unit, double& value, const Range& range, About about) override {
    // The example of its unit is said once, at the head of the page.
    const std::string allowed = AllowedQuantity(unit, range);
    Row(key, allowed.substr(0, allowed.find(',')), FormatQuantity(unit, value), about);
  }
  void MaybeNumber(Key key, std::optional<double>&, About about) override {
    Row(key, "a number", "", about);
  }
  void Strategy(Key key, StrategySpec& value, About about) override {
    Row(key, "a name, or `{name = ..., parameter = ...}`", Code(value.name), about);
  }
  void Capacity(Key key, std::vector<CapacityPoint>&, About about) override {
    Row(key, "`[[share, \"rate\"], ...]`", "", about);
  }
  void Settings(Key key, std::vector<Setting>&, About about) override {
    Row(key, "`{key = value, ...}`", "", about);
  }
  void Table(Key key, Form form, Key head, Describer fields, About about) override {
    std::string heading =
        form == Form::kInline ? absl::StrCat(key, " = {...}") : absl::StrCat("[", Join(key), "]");
    if (form == Form::kInline) {
      Row(key, head.empty() ? "a table" : absl::StrCat("a table, or text for its ", Code(head)), "",
          about);
    }
    Explainer inner(Join(key));
    fields(inner);
    Chapter(heading, about, inner);
  }
  void Tables(Key key, Form form, ElementList& list, About about) override {
    const std::string path = list.has_names() ? absl::StrCat(Join(key), ".NAME") : Join(key);
    std::string heading =
        list.has_names() ? absl::StrCat("[", path, "]") : absl::StrCat("[[", path, "]]");
    if (form == Form::kInline) heading = absl::StrCat("NAME = {...} in [", Join(key), "]");
    Explainer inner(path);
    list.DescribeBlank(inner);
    Chapter(heading, about, inner);
  }

 private:
  std::string Join(Key key) const {
    return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  }
  void Row(Key key, absl::string_view value, absl::string_view fallback, About about) {
    rows_.push_back(
        absl::StrCat("| ", Code(key), " | ", value, " | ", fallback, " | ", about, " |\n"));
  }
  void Chapter(absl::string_view heading, About about, const Explainer& inner) {
    absl::StrAppend(&chapters_, "\n### `", heading, "`\n\n", SentenceOf(about), "\n");
    if (!inner.rows_.empty()) absl::StrAppend(&chapters_, "\n", inner.rows());
    absl::StrAppend(&chapters_, inner.chapters());
  }
  static std::string SentenceOf(About about) {
    std::string sentence(about);
    if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] -= 'a' - 'A';
    return absl::StrCat(sentence, ".");
  }

  std::string path_;
  std::vector<std::string> rows_;
  std::string chapters_;
};

}  // namespace

std::string ScenarioManual() {
  Scenario blank;
  Explainer explainer("");
  DescribeFields(explainer, blank);
  return absl::StrCat("### Outside of any table\n\n", explainer.rows(), explainer.chapters());
}

}  // namespace starling::sim
