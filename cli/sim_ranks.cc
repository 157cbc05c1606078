#include "cli/sim_ranks.h"

#include <cstdlib>

namespace starling::cli {

namespace {

class Alone final : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::optional<size_t> NextJob(size_t jobs) override {
    if (next_ >= jobs) return std::nullopt;
    return next_++;
  }
  void Tend() override {}
  bool AllAgree(bool agrees) override { return agrees; }
  std::vector<std::string> Gather(const std::string& text) override { return {text}; }

 private:
  size_t next_ = 0;
};

// Open MPI, MPICH and its kin, and Slurm's srun leave one of these.
bool IsStartedAsRank() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK"}) {
    if (std::getenv(variable) != nullptr) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ranks>> JoinRanks() {
  if (!IsStartedAsRank()) return std::make_unique<Alone>();
  std::unique_ptr<Ranks> ranks = JoinMpiRanks();
  if (ranks != nullptr) return ranks;
  return absl::UnavailableError(
      "this program was built without MPI; install libopenmpi-dev, configure and build again");
}

}  // namespace starling::cli
