// That the schema is whole: every member of every struct has a field, and every field comes back
// from a file, whatever its value.

#include "sim/scenario_schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/scenario_file.h"
#include "sim/scenario_manual.h"
#include "sim/scenario_reader.h"

namespace starling::sim {
namespace {

// How many members an aggregate has: the most that braces can fill.
struct Anything {
  template <class T>
  operator T() const;  // never called
};
template <class T, class... Members>
constexpr size_t MemberCount() {
  if constexpr (requires { T{Members{}..., Anything{}}; }) {
    return MemberCount<T, Members..., Anything>();
  } else {
    return sizeof...(Members);
  }
}

// Counts the fields of each table of a file, by its path.
class Counter final : public FieldVisitor {
 public:
  Counter(std::string path, std::map<std::string, size_t>* counts)
      : path_(std::move(path)), counts_(counts) {
    (*counts_)[path_] = 0;
  }
  void Text(Key, std::string&, About) override { Count(); }
  void Texts(Key, std::vector<std::string>&, About) override { Count(); }
  void Word(Key, std::string&, Words, About) override { Count(); }
  void Flag(Key, bool&, About) override { Count(); }
  void Number(Key, Unit, double&, const Range&, About) override { Count(); }
  void MaybeNumber(Key, std::optional<double>&, About) override { Count(); }
  void Strategy(Key, StrategySpec&, About) override { Count(); }
  void Capacity(Key, std::vector<CapacityPoint>&, About) override { Count(); }
  void Settings(Key, std::vector<Setting>&, About) override { Count(); }
  void Table(Key key, Form, Key, Describer fields, About) override {
    Count();
    Counter inner(absl::StrCat(path_, "/", key), counts_);
    fields(inner);
  }
  void Tables(Key key, Form, ElementList& list, About) override {
    Count();
    Counter inner(absl::StrCat(path_, "/", key), counts_);
    list.DescribeBlank(inner);
  }

 private:
  void Count() { ++(*counts_)[path_]; }
  std::string path_;
  std::map<std::string, size_t>* counts_;
};

TEST(ScenarioSchema, HasAFieldForEachMember) {
  std::map<std::string, size_t> counts;
  Counter counter("", &counts);
  Scenario scenario;
  DescribeFields(counter, scenario);
  EXPECT_EQ(counts.at(""), MemberCount<Scenario>());
  EXPECT_EQ(counts.at("/network"), MemberCount<NetworkSpec>());
  EXPECT_EQ(counts.at("/dht"), MemberCount<DhtRunSpec>());
  EXPECT_EQ(counts.at("/fault"), MemberCount<FaultSpec>());
  EXPECT_EQ(counts.at("/population/join"), MemberCount<JoinSpec>());
  EXPECT_EQ(counts.at("/population/stay"), MemberCount<StaySpec>());
  EXPECT_EQ(counts.at("/check/run"), MemberCount<CheckRun>());
  EXPECT_EQ(counts.at("/check/cell"), MemberCount<CheckCell>());
  // The name of these is a part of the table's heading.
  EXPECT_EQ(counts.at("/group") + 1, MemberCount<GroupSpec>());
  EXPECT_EQ(counts.at("/content") + 1, MemberCount<ContentSpec>());
  EXPECT_EQ(counts.at("/population") + 1, MemberCount<PopulationSpec>());
  EXPECT_EQ(counts.at("/params") + 1, MemberCount<ParameterSpec>());
  EXPECT_EQ(counts.at("/check") + 1, MemberCount<CheckSpec>());
}

// Gives every field a value that is not its default.
class Changer final : public FieldVisitor {
 public:
  void Text(Key, std::string& value, About) override { value = Name(); }
  void Texts(Key, std::vector<std::string>& values, About) override {
    values = {"network.loss", "sample"};
  }
  void Word(Key, std::string& value, Words words, About) override {
    value = std::string(words.back() == value ? words.front() : words.back());
  }
  void Flag(Key, bool& value, About) override { value = !value; }
  void Number(Key, Unit unit, double& value, const Range& range, About) override {
    const double step = unit == Unit::kShare || unit == Unit::kNumber ? 0.125 : 1;
    value = value + step <= range.max ? value + step : value - step;
  }
  void MaybeNumber(Key, std::optional<double>& value, About) override { value = 0.1 * ++names_; }
  void Strategy(Key, StrategySpec& value, About) override {
    value = {Name(), {{"rate", 1e6}, {"share", 0.3}}};
  }
  void Capacity(Key, std::vector<CapacityPoint>& value, About) override {
    value = {{0.25, 1500}, {1, 1'000'000}};
  }
  void Settings(Key, std::vector<Setting>& value, About) override {
    value = {{"network.loss", "1%"}, {Name(), "5KB/s"}};
  }
  void Table(Key, Form, Key, Describer fields, About) override { fields(*this); }
  void Tables(Key, Form, ElementList& list, About) override {
    for (size_t i = 0; i < 2; ++i) {
      list.Append();
      if (list.has_names()) list.name(i) = Name();
      list.Describe(i, *this);
    }
  }

 private:
  std::string Name() { return absl::StrCat("name-", ++names_); }
  int names_ = 0;
};

TEST(ScenarioSchema, EveryFieldComesBackFromAFile) {
  Scenario scenario;
  Changer changer;
  DescribeFields(changer, scenario);
  const std::string written = WriteScenario(scenario);
  const absl::StatusOr<TomlNode> tree = ParseToml(written, "all.toml");
  ASSERT_TRUE(tree.ok()) << tree.status() << written;
  FirstProblem problem;
  // Fields alone: together they make no sense.
  const Scenario again = ReadFields(*tree, &problem);
  EXPECT_FALSE(problem.exists()) << problem.Format("all.toml") << written;
  EXPECT_EQ(again, scenario) << written;
  EXPECT_EQ(WriteScenario(again), written);
}

TEST(ScenarioSchema, TheManualHoldsTheTablesOfTheFields) {
  std::ifstream file(std::string(STARLING_SOURCE_DIR) + "/docs/scenarios.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(ScenarioManual()), std::string::npos)
      << "replace them by what `starling sim show --fields` prints";
}

}  // namespace
}  // namespace starling::sim
