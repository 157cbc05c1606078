// The ranks of an MPI program. Jobs are dealt by a counter in the memory of rank 0, so that no rank
// is kept from its own work by dealing. An error inside of MPI ends all ranks, which is its
// default.

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <exception>

#include "cli/sim_ranks.h"

namespace starling::cli {

namespace {

constexpr int kTag = 1;
// Counts are ints in MPI: longer texts go in parts.
constexpr size_t kPartMax = size_t{1} << 30;

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    // The simulator works in a thread of its own, which never calls MPI.
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    const MPI_Aint bytes = rank_ == 0 ? sizeof(uint64_t) : 0;
    uint64_t* counter = nullptr;
    MPI_Win_allocate(bytes, sizeof(uint64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &counter, &window_);
    if (rank_ == 0) *counter = 0;
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock_all(0, window_);
  }

  ~MpiRanks() override {
    // An exception passes through this rank alone; the others would wait for it for ever.
    if (std::uncaught_exceptions() > 0) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::optional<size_t> NextJob(size_t jobs) override {
    const uint64_t one = 1;
    uint64_t job = 0;
    MPI_Fetch_and_op(&one, &job, MPI_UINT64_T, 0, 0, MPI_SUM, window_);
    MPI_Win_flush(0, window_);
    if (job >= jobs) return std::nullopt;
    return static_cast<size_t>(job);
  }

  // Over a network without remote atomics the counter moves only while rank 0 is inside of MPI.
  void Tend() override {
    int ignored = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &ignored, MPI_STATUS_IGNORE);
  }

  bool AllAgree(bool agrees) override {
    const int mine = agrees ? 1 : 0;
    int all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
    return all != 0;
  }

  std::vector<std::string> Gather(const std::string& text) override {
    if (rank_ != 0) {
      Send(text);
      return {};
    }
    std::vector<std::string> texts = {text};
    for (int source = 1; source < size_; ++source) texts.push_back(Receive(source));
    return texts;
  }

 private:
  static void Send(const std::string& text) {
    const uint64_t size = text.size();
    MPI_Send(&size, 1, MPI_UINT64_T, 0, kTag, MPI_COMM_WORLD);
    for (size_t at = 0; at < text.size(); at += kPartMax) {
      const size_t part = std::min(kPartMax, text.size() - at);
      MPI_Send(text.data() + at, static_cast<int>(part), MPI_CHAR, 0, kTag, MPI_COMM_WORLD);
    }
  }

  static std::string Receive(int source) {
    uint64_t size = 0;
    MPI_Recv(&size, 1, MPI_UINT64_T, source, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    std::string text(size, '\0');
    for (size_t at = 0; at < text.size(); at += kPartMax) {
      const size_t part = std::min(kPartMax, text.size() - at);
      MPI_Recv(text.data() + at, static_cast<int>(part), MPI_CHAR, source, kTag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
    }
    return text;
  }

  int rank_ = 0;
  int size_ = 1;
  MPI_Win window_{};
};

}  // namespace

std::unique_ptr<Ranks> JoinMpiRanks() { return std::make_unique<MpiRanks>(); }

}  // namespace starling::cli
