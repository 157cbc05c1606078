// What stands in a scenario file: every field once, with its key, its unit and range, the member it
// fills and a sentence. Reading, writing, the errors about unknown keys and the pages of the manual
// are four visitors of this one description, so that they cannot disagree.
//
// A new field is a member in scenario.h and a line in scenario_schema.cc.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "sim/quantity.h"
#include "sim/scenario.h"

namespace starling::sim {

using Key = absl::string_view;
using About = absl::string_view;  // no period at the end
using Words = std::span<const absl::string_view>;

class FieldVisitor;

// The elements of a list, whatever they are.
class ElementList {
 public:
  virtual ~ElementList() = default;
  virtual size_t size() const = 0;
  virtual void Append() = 0;
  virtual void Describe(size_t index, FieldVisitor& visitor) = 0;
  virtual void DescribeBlank(FieldVisitor& visitor) = 0;  // one with its defaults, of no list
  // Elements with a name stand as [key.name] in a file, others as [[key]].
  virtual bool has_names() const = 0;
  virtual std::string& name(size_t index) = 0;
};

enum class Form {
  kBlock,   // [network] and a line a field
  kInline,  // join = {...} in one line
};

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  virtual void Text(Key key, std::string& value, About about) = 0;
  virtual void Texts(Key key, std::vector<std::string>& values, About about) = 0;
  // One of `words`.
  virtual void Word(Key key, std::string& value, Words words, About about) = 0;
  virtual void Flag(Key key, bool& value, About about) = 0;
  virtual void Number(Key key, Unit unit, double& value, const Range& range, About about) = 0;
  virtual void MaybeNumber(Key key, std::optional<double>& value, About about) = 0;
  // "name" or {name = "name", parameter = value, ...}
  virtual void Strategy(Key key, StrategySpec& value, About about) = 0;
  // [[share, "rate"], ...]
  virtual void Capacity(Key key, std::vector<CapacityPoint>& value, About about) = 0;
  // {key = value, ...}
  virtual void Settings(Key key, std::vector<Setting>& value, About about) = 0;
  // `head`: the field that a bare text stands for (stay = "leave"); empty: there is none.
  using Describer = absl::FunctionRef<void(FieldVisitor&)>;
  virtual void Table(Key key, Form form, Key head, Describer fields, About about) = 0;
  virtual void Tables(Key key, Form form, ElementList& list, About about) = 0;

  template <class T>
  void Count(Key key, T& value, Range range, About about) {
    double number = static_cast<double>(value);
    Number(key, Unit::kCount, number, range, about);
    value = static_cast<T>(number);
  }
  void Share(Key key, double& value, About about) {
    Number(key, Unit::kShare, value, {0, 1}, about);
  }
  template <class T>
  void Size(Key key, T& value, Range range, About about) {
    double number = static_cast<double>(value);
    Number(key, Unit::kSize, number, range, about);
    value = static_cast<T>(number);
  }
  void Rate(Key key, uint64_t& value, About about) {
    constexpr double kRateMax = 1e12;
    double number = static_cast<double>(value);
    Number(key, Unit::kRate, number, {0, kRateMax}, about);
    value = static_cast<uint64_t>(number);
  }
  void Time(Key key, Duration& value, About about) {
    constexpr double kDurationMax = 10 * 365 * 86'400.0;
    double number = ToSeconds(value);
    Number(key, Unit::kDuration, number, {0, kDurationMax}, about);
    value = Duration(std::llround(number * 1e6));
  }
  template <class Enum>
  void Choice(Key key, Enum& value, Words words, About about) {
    std::string word(words[static_cast<size_t>(value)]);
    Word(key, word, words, about);
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] == word) value = static_cast<Enum>(i);
    }
  }
};

// Calls the visitor for every field, simple ones before tables, as TOML wants it.
void DescribeFields(FieldVisitor& visitor, Scenario& scenario);

}  // namespace starling::sim
