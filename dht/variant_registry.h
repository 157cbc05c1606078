// The lookup variants that one may ask for by name, with their parameters: ours, and those that a
// program around the library adds.
//
//   VariantRegistry variants;
//   variants.Add(MineKind());
//   ASSIGN_OR_RETURN(options.variant, variants.Make(spec));
#pragma once

#include "base/strategy_registry.h"
#include "dht/lookup_variant.h"

namespace starling::dht {

using VariantKind = StrategyKind<LookupVariantPointer>;

class VariantRegistry : public StrategyRegistry<LookupVariantPointer> {
 public:
  // What real nodes use unless told otherwise.
  static constexpr const char* kDefault = "fast";

  VariantRegistry();  // with plain, wide, wide+pns and fast
};

}  // namespace starling::dht
