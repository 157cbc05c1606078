// The chokers that one may ask for by name, with their parameters: ours, and those that a program
// around the library adds.
//
//   ChokerRegistry chokers;
//   chokers.Add(MineKind());
//   ASSIGN_OR_RETURN(options.choker, chokers.Make(spec));
#pragma once

#include "base/strategy_registry.h"
#include "peer/choker.h"

namespace starling::peer {

using ChokerKind = StrategyKind<ChokerFactory>;

class ChokerRegistry : public StrategyRegistry<ChokerFactory> {
 public:
  ChokerRegistry();  // with tit-for-tat, block-tft, bittyrant and never
};

}  // namespace starling::peer
