// The behaviours that every scenario may name. One of your own is a file like these with one such
// function, and a line in behaviour.cc - or, out of tree, BehaviourRegistry::Add.
#pragma once

#include "sim/behaviour.h"

namespace starling::sim {

BehaviourKind HonestKind();
BehaviourKind FreeRiderKind();
BehaviourKind CorrupterKind();
BehaviourKind LiarKind();
BehaviourKind SilentKind();
BehaviourKind SybilKind();

}  // namespace starling::sim
