// What stands between a node and adversaries or misfortune, a switch each. Every node of a real
// network has all of it. A simulation may switch one off, to show what it is for: docs/dht.md,
// "Adversaries", names the worlds that do. Others have a switch in Options, since they are choices.
#pragma once

namespace starling::dht {

struct Defences {
  // Announces and puts need a token that we gave to their address (dht/tokens.h).
  bool tokens : 1 = true;
  // Of both stores each source and each network may have so much (dht/peer_store.h, item_store.h).
  bool shares : 1 = true;
  // Who asks us must answer before it enters the table, and only good contacts are named to others.
  bool verification : 1 = true;
  // Who holds an id keeps it while it answers, and has no other.
  bool identities : 1 = true;
  // While nobody answers the fault is taken to be ours: nobody is given up, and little is asked.
  bool outages : 1 = true;
  // Bootstrap nodes are asked all at once. Off: one, and after a pause the next.
  bool all_routers : 1 = true;
};

}  // namespace starling::dht
