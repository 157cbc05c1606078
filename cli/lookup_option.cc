#include "cli/lookup_option.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cli/text.h"

namespace starling::cli {

Option LookupOption() {
  return {"--lookup",
          0,
          Takes::kValue,
          "NAME",
          false,
          "how the DHT is asked: fast (this is the default), plain, wide or wide+pns, with "
          "parameters as in fast:enough=200; starling sim list --strategies tells all"};
}

absl::StatusOr<dht::LookupVariantPointer> ReadLookup(absl::string_view command,
                                                     const Arguments& arguments,
                                                     const dht::VariantRegistry& variants) {
  const std::string text =
      arguments.Value("--lookup").value_or(std::string(dht::VariantRegistry::kDefault));
  const absl::StatusOr<StrategySpec> spec = ParseStrategy(text);
  absl::StatusOr<dht::LookupVariantPointer> variant =
      spec.ok() ? variants.Make(*spec) : absl::StatusOr<dht::LookupVariantPointer>(spec.status());
  if (variant.ok()) return variant;
  return UsageError(absl::StrCat("--lookup ", Printable(text), ": ", variant.status().message(),
                                 SeeHelp(command)));
}

}  // namespace starling::cli
