// Does what the protocol asks: nothing is wrapped.

#include "sim/behaviours/builtin.h"

namespace starling::sim {

BehaviourKind HonestKind() {
  return {{"honest", "does what the protocol asks", {}},
          [](const StrategyValues&) -> BehaviourFactory {
            return [](const BehaviourSite&) { return std::make_unique<Behaviour>(); };
          }};
}

}  // namespace starling::sim
