// What stands for sim_ranks_mpi.cc where there is no MPI.

#include "cli/sim_ranks.h"

namespace starling::cli {

std::unique_ptr<Ranks> JoinMpiRanks() { return nullptr; }

}  // namespace starling::cli
