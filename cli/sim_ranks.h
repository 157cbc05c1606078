// The processes that share the work of a sweep: this one alone, or those that mpirun started. Jobs
// are dealt one at a time to whoever is free, and what each rank found is gathered by rank 0, which
// alone prints and writes tables. Only cli/sim_ranks_mpi.cc knows MPI; where MPI was not found when
// the program was built, cli/sim_ranks_alone.cc stands in its place.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace starling::cli {

class Ranks {
 public:
  virtual ~Ranks() = default;  // after the last rank has come as far

  virtual int rank() const = 0;
  virtual int size() const = 0;
  // The next of the jobs 0 to jobs - 1 that no rank has got yet; nullopt if there is none left.
  virtual std::optional<size_t> NextJob(size_t jobs) = 0;
  // Answers what other ranks ask of this one meanwhile; to be called a few times a second in a job.
  virtual void Tend() = 0;
  // Waits for all ranks: was each of them told true?
  virtual bool AllAgree(bool agrees) = 0;
  // Waits for all ranks: the text of each, in their order, at rank 0; nothing at the others.
  virtual std::vector<std::string> Gather(const std::string& text) = 0;
};

// Those that this process was started with. Unavailable under mpirun if the program has no MPI:
// else each rank would do all of the work.
absl::StatusOr<std::unique_ptr<Ranks>> JoinRanks();

// Null if the program was built without MPI.
std::unique_ptr<Ranks> JoinMpiRanks();

}  // namespace starling::cli
