// Everything that a scenario may name: chokers, piece policies, behaviours and lookup variants. A
// value that is handed along, so that a program of one's own adds to it and hands it to RunMain.
#pragma once

#include "dht/variant_registry.h"
#include "peer/choker_registry.h"
#include "peer/piece_policy.h"
#include "sim/behaviour.h"

namespace starling::sim {

struct Strategies {
  peer::ChokerRegistry chokers;
  peer::PiecePolicyRegistry pieces;
  BehaviourRegistry behaviours;
  dht::VariantRegistry lookups;
};

}  // namespace starling::sim
