#include "cli/arguments.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr char kUsagePayload[] = "starling/usage-error";

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsagePayload, absl::Cord("2"));
  return status;
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsagePayload).has_value();
}

std::string SeeHelp(absl::string_view command) {
  return absl::StrCat("; see starling ", command, command.empty() ? "" : " ", "--help");
}

bool Arguments::Has(absl::string_view name) const { return values_.count(std::string(name)) > 0; }

std::optional<std::string> Arguments::Value(absl::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::Values(absl::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

class ArgumentParser {
 public:
  ArgumentParser(absl::string_view command, const std::vector<Option>& options,
                 const std::vector<std::string>& words)
      : command_(command), options_(options), words_(words) {}

  absl::StatusOr<Arguments> Run() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      absl::Status status;
      if (word == "--") {
        while (next_ < words_.size()) arguments_.positionals_.push_back(words_[next_++]);
      } else if (absl::StartsWith(word, "--")) {
        status = TakeLong(word);
      } else if (word.size() > 1 && word[0] == '-') {
        status = TakeShort(word);
      } else {
        arguments_.positionals_.push_back(word);
      }
      if (!status.ok()) return status;
    }
    return std::move(arguments_);
  }

 private:
  absl::Status TakeLong(absl::string_view word) {
    const size_t equals = word.find('=');
    const absl::string_view name = word.substr(0, equals);
    std::optional<std::string> value;
    if (equals != absl::string_view::npos) value = std::string(word.substr(equals + 1));
    for (const Option& option : options_) {
      if (option.name == name) return Take(option, name, std::move(value));
    }
    return Unknown(name);
  }

  // -d DIR, -dDIR; letters without a value may stand together: -fp.
  absl::Status TakeShort(absl::string_view word) {
    for (size_t at = 1; at < word.size(); ++at) {
      const Option* option = nullptr;
      for (const Option& candidate : options_) {
        if (candidate.letter == word[at]) option = &candidate;
      }
      const std::string name = absl::StrCat("-", word.substr(at, 1));
      if (option == nullptr) return Unknown(name);
      if (option->takes == Takes::kValue) {
        std::optional<std::string> value;
        if (at + 1 < word.size()) value = std::string(word.substr(at + 1));
        return Take(*option, name, std::move(value));
      }
      if (absl::Status status = Take(*option, name, std::nullopt); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Take(const Option& option, absl::string_view spelled,
                    std::optional<std::string> value) {
    if (option.takes == Takes::kNothing && value.has_value()) {
      return Wrong(absl::StrCat("option ", spelled, " takes no value"));
    }
    if (option.takes == Takes::kValue && !value.has_value()) {
      if (next_ == words_.size()) {
        return Wrong(absl::StrCat("option ", spelled, " needs a value ", option.value_name));
      }
      value = words_[next_++];
    }
    const auto [entry, is_new] = arguments_.values_.try_emplace(std::string(option.name));
    if (!is_new && !option.repeatable && option.takes != Takes::kNothing) {
      return Wrong(absl::StrCat("option ", spelled, " is given twice"));
    }
    if (value.has_value()) entry->second.push_back(*std::move(value));
    return absl::OkStatus();
  }

  absl::Status Unknown(absl::string_view name) const {
    const std::string place = command_.empty() ? "" : absl::StrCat(" for ", command_);
    return Wrong(absl::StrCat("unknown option ", name, place));
  }
  absl::Status Wrong(absl::string_view message) const {
    return UsageError(absl::StrCat(message, SeeHelp(command_)));
  }

  absl::string_view command_;
  const std::vector<Option>& options_;
  const std::vector<std::string>& words_;
  size_t next_ = 0;
  Arguments arguments_;
};

absl::StatusOr<Arguments> ParseArguments(absl::string_view command,
                                         const std::vector<Option>& options,
                                         const std::vector<std::string>& words) {
  absl::StatusOr<Arguments> arguments = ArgumentParser(command, options, words).Run();
  if (arguments.ok()) arguments->SetStrategies(std::make_shared<const sim::Strategies>());
  return arguments;
}

}  // namespace starling::cli
