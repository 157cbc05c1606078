#include "cli/sim_jobs.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/interrupt.h"
#include "cli/memory.h"
#include "cli/quantities.h"

namespace starling::cli {

namespace {

double ThreadCpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Workshop {
 public:
  Workshop(const std::vector<SimJob>& jobs, const sim::Strategies& strategies, int threads)
      : jobs_(jobs),
        strategies_(strategies),
        memory_(AvailableMemory().value_or(std::numeric_limits<uint64_t>::max())),
        running_(static_cast<size_t>(threads)) {
    for (size_t i = 0; i < running_.size(); ++i) {
      threads_.emplace_back([this, i] { Work(i); });
    }
  }
  ~Workshop() {
    Stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  void Stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stops_ = true;
    changed_.notify_all();
  }

  struct Done {
    size_t job;
    SimJobResult result;
  };
  // What was done since the last call; waits a little if there is nothing.
  std::vector<Done> TakeDone() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(200), [&] { return !done_.empty(); });
    return std::exchange(done_, {});
  }

  SimJobsProgress progress(size_t done) {
    const std::lock_guard<std::mutex> lock(mutex_);
    SimJobsProgress at;
    at.done = done;
    at.all = jobs_.size();
    for (const std::optional<SimJobsProgress::Running>& running : running_) {
      if (running.has_value()) at.running.push_back(*running);
    }
    return at;
  }

 private:
  // The next job, once there is memory for it; nullopt if there is none, or nobody wants it.
  std::optional<size_t> TakeJob(size_t worker, uint64_t* bytes) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (stops_ || next_ == jobs_.size()) return std::nullopt;
    const size_t job = next_++;
    *bytes = sim::EstimateMemory(*jobs_[job].scenario);
    changed_.wait(
        lock, [&] { return stops_ || memory_taken_ == 0 || memory_taken_ + *bytes <= memory_; });
    if (stops_) return std::nullopt;
    memory_taken_ += *bytes;
    running_[worker] = SimJobsProgress::Running{jobs_[job].label, {}};
    return job;
  }

  void Work(size_t worker) {
    uint64_t bytes = 0;
    while (const std::optional<size_t> job = TakeJob(worker, &bytes)) {
      SimJobResult result = Make(worker, jobs_[*job], bytes);
      const std::lock_guard<std::mutex> lock(mutex_);
      memory_taken_ -= bytes;
      running_[worker].reset();
      if (!stops_) done_.push_back({*job, std::move(result)});
      changed_.notify_all();
    }
  }

  SimJobResult Make(size_t worker, const SimJob& job, uint64_t bytes) {
    SimJobResult made;
    if (bytes > memory_) {
      made.status = absl::ResourceExhaustedError(
          absl::StrCat(job.label, " needs about ", FormatSize(bytes), " of memory, and ",
                       FormatSize(memory_), " are available"));
      return made;
    }
    const double cpu_before = ThreadCpuSeconds();
    sim::RunOptions options;
    std::optional<double> cpu_standing;
    uint64_t events_standing = 0;
    options.on_progress = [&](const sim::RunProgress& at) {
      if (!cpu_standing.has_value()) {
        cpu_standing = ThreadCpuSeconds();
        events_standing = at.events;
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      running_[worker]->at = at;
      return !stops_;
    };
    auto run = sim::StartRun(*job.scenario, job.seed, strategies_, options);
    if (!run.ok()) {
      made.status = run.status();
      return made;
    }
    while (!stops_ && (*run)->Advance()) continue;
    made.result = (*run)->Finish();
    if (cpu_standing.has_value() && made.result.events > events_standing) {
      made.cpu_s_per_event = (ThreadCpuSeconds() - *cpu_standing) /
                             static_cast<double>(made.result.events - events_standing);
    }
    run->reset();
    made.cpu_s = ThreadCpuSeconds() - cpu_before;
    return made;
  }

  const std::vector<SimJob>& jobs_;
  const sim::Strategies& strategies_;
  const uint64_t memory_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stops_ = false;
  size_t next_ = 0;
  uint64_t memory_taken_ = 0;
  std::vector<std::optional<SimJobsProgress::Running>> running_;
  std::vector<Done> done_;
  std::vector<std::thread> threads_;
};

}  // namespace

int SimThreads() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

absl::Status RunSimJobs(const std::vector<SimJob>& jobs, const sim::Strategies& strategies,
                        const SimJobsOptions& options) {
  if (jobs.empty()) return absl::OkStatus();
  const InterruptWatch interrupts;
  const int threads = std::clamp(options.threads, 1, static_cast<int>(jobs.size()));
  Workshop workshop(jobs, strategies, threads);
  size_t done = 0;
  while (done < jobs.size()) {
    for (Workshop::Done& each : workshop.TakeDone()) {
      ++done;
      options.on_done(each.job, std::move(each.result));
    }
    if (absl::Status status = interrupts.status(); !status.ok()) return status;
    if (options.on_progress) options.on_progress(workshop.progress(done));
  }
  return absl::OkStatus();
}

}  // namespace starling::cli
