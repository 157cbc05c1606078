// About how long a run will take, to be said before it starts.
#pragma once

#include "sim/scenario.h"

namespace starling::sim {

// CPU seconds on a core of 2.6 GHz; may be wrong by a factor of two.
double EstimateCpuSeconds(const Scenario& scenario);

}  // namespace starling::sim
