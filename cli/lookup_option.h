// --lookup NAME[:parameter=value,...], for the commands that use the DHT.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/arguments.h"
#include "dht/variant_registry.h"

namespace starling::cli {

Option LookupOption();

// The default variant where the option was not given. Usage errors say what there is.
absl::StatusOr<dht::LookupVariantPointer> ReadLookup(absl::string_view command,
                                                     const Arguments& arguments,
                                                     const dht::VariantRegistry& variants);

}  // namespace starling::cli
