// One run of one scenario with one seed: made, advanced sample by sample, and turned into a Result.
//
//   auto run = StartRun(scenario, seed, strategies, {});
//   while ((*run)->Advance()) continue;  // options.on_progress tells how far it is
//   const Result result = (*run)->Finish();
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/time.h"
#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::sim {

struct Strategies;  // sim/strategies.h

struct RunProgress {
  Duration simulated{};
  Duration until{};  // at the latest
  uint64_t events = 0;
  uint64_t done = 0;      // measured leechers that finished, or lookups
  uint64_t expected = 0;  // of them; 0: no number is known
};

struct RunOptions {
  // Stops there, as if cut off; the result is partial. To look closer at a moment.
  std::optional<Duration> until;
  // Told how far it is, some hundred times in a run; false stops it.
  std::function<bool(const RunProgress&)> on_progress;
  // Told what this member (by its number in the table "nodes") saw and did, a line each.
  std::optional<uint32_t> watch;
  std::function<void(Duration at, absl::string_view line)> on_watched;
};

class Run {
 public:
  virtual ~Run() = default;
  // A part further; false when it is over or was stopped.
  virtual bool Advance() = 0;
  virtual RunProgress progress() const = 0;
  // Once, at any moment: before the end the result is partial.
  virtual Result Finish() = 0;
  // Goes on as a run of `scenario`, as if it had been one from the beginning. FailedPrecondition if
  // by now that run would have gone another way (sim/shared_start.h).
  virtual absl::Status Recast(const Scenario& scenario, const Strategies& strategies);
};

// InvalidArgument for a scenario that asks for what does not exist or cannot be.
absl::StatusOr<std::unique_ptr<Run>> StartRun(const Scenario& scenario, uint64_t seed,
                                              const Strategies& strategies,
                                              const RunOptions& options);

// About how much memory a run will take, in bytes, to be said before it starts.
uint64_t EstimateMemory(const Scenario& scenario);

}  // namespace starling::sim
