// A small declarative parser of command lines. A command lists its options; parsing, the errors
// and the help page all come from that one list, so that they cannot disagree.
//
//   --dir DIR, --dir=DIR, -d DIR, -dDIR     an option with a value
//   --seed-after, --seed-after=2            a value that may be left out is only taken after `=`
//   --                                      what follows are no options
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace starling::sim {
struct Strategies;  // sim/strategies.h
}

namespace starling::cli {

enum class Takes { kNothing, kValue, kOptionalValue };

struct Option {
  absl::string_view name;  // with its dashes: "--dir"
  char letter = 0;         // 'd' for -d; 0: none
  Takes takes = Takes::kNothing;
  absl::string_view value_name;  // how help calls the value: "DIR"
  bool repeatable = false;       // may be given more than once; else that is an error
  absl::string_view help;
};

class Arguments {
 public:
  const std::vector<std::string>& positionals() const { return positionals_; }
  bool Has(absl::string_view name) const;
  // The value of an option; nullopt if it was not given or given without one.
  std::optional<std::string> Value(absl::string_view name) const;
  // All values of a repeatable option, in order.
  std::vector<std::string> Values(absl::string_view name) const;
  // Chokers, piece policies and behaviours that may be named: the built-in ones, and those of a
  // program around the library.
  const std::shared_ptr<const sim::Strategies>& strategies() const { return strategies_; }
  void SetStrategies(std::shared_ptr<const sim::Strategies> strategies) {
    strategies_ = std::move(strategies);
  }

 private:
  friend class ArgumentParser;
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> positionals_;
  std::shared_ptr<const sim::Strategies> strategies_;
};

// Errors are usage errors (exit 2) in words for the user.
absl::StatusOr<Arguments> ParseArguments(absl::string_view command,
                                         const std::vector<Option>& options,
                                         const std::vector<std::string>& words);

// An error in how the program was called: ends with exit code 2 instead of 1.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& status);
// "; see starling get --help", the end of every usage error.
std::string SeeHelp(absl::string_view command);

}  // namespace starling::cli
