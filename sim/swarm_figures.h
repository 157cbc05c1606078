// The metrics and the table "nodes" of a finished swarm run, from its members and its samples, and
// the bounds that no run may break.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/result.h"
#include "sim/scenario.h"
#include "sim/swarm_cast.h"
#include "sim/swarm_meter.h"

namespace starling::sim {

struct SwarmFacts {
  const Scenario& scenario;
  const SwarmCast& cast;
  const SwarmMeter& meter;
  uint64_t content_bytes = 0;  // of all contents
  Time start;
  Time end;
};

// Bounds in seconds from the start (targets, section 6); 0 where they say nothing, because members
// come later, are replaced, or a link has no limit.
struct SwarmBounds {
  double last = 0;   // C1: nobody can make the last completion earlier
  double first = 0;  // C3: what the seeds' uplinks need for one copy
};
SwarmBounds BoundsOf(const SwarmFacts& facts);

void AddSwarmMetrics(const SwarmFacts& facts, std::map<std::string, double>* metrics);
Table NodesTable(const SwarmFacts& facts);
// Sentences about what should never be; none is good.
std::vector<std::string> BrokenBounds(const SwarmFacts& facts);

}  // namespace starling::sim
