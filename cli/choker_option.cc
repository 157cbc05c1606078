#include "cli/choker_option.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/text.h"

namespace starling::cli {

Option ChokerOption() {
  return {"--choker",
          0,
          Takes::kValue,
          "NAME",
          false,
          "whom to serve: tit-for-tat (this is the default), block-tft, bittyrant or never, with "
          "parameters as in bittyrant:cap=1M,patience=3"};
}

absl::StatusOr<peer::ChokerFactory> ReadChoker(absl::string_view command,
                                               const Arguments& arguments,
                                               const peer::ChokerRegistry& chokers) {
  const std::optional<std::string> text = arguments.Value("--choker");
  if (!text.has_value()) return peer::ChokerFactory();
  const absl::StatusOr<StrategySpec> spec = ParseStrategy(*text);
  const absl::StatusOr<peer::ChokerFactory> choker =
      spec.ok() ? chokers.Make(*spec) : absl::StatusOr<peer::ChokerFactory>(spec.status());
  if (choker.ok()) return choker;
  return UsageError(absl::StrCat("--choker ", Printable(*text), ": ", choker.status().message(),
                                 SeeHelp(command)));
}

}  // namespace starling::cli
