#include "cli/sim_jobs.h"

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
#include "cli/sim_branch.h"
#include "cli/sim_bundles.h"
#include "cli/thread_time.h"

namespace starling::cli {

namespace {

class Workshop {
 public:
  Workshop(const std::vector<SimJob>& jobs, const sim::Strategies& strategies, int threads)
      : jobs_(jobs),
        bundles_(BundleJobs(jobs, threads)),
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
  // The next bundle, once there is memory for it; null if there is none, or nobody wants it.
  const SimBundle* TakeBundle(size_t worker, uint64_t* bytes) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (stops_ || next_ == bundles_.size()) return nullptr;
    const SimBundle& bundle = bundles_[next_++];
    *bytes = BytesOf(bundle);
    if (*bytes > memory_) *bytes = BytesOfOne(bundle);  // then one after another
    changed_.wait(
        lock, [&] { return stops_ || memory_taken_ == 0 || memory_taken_ + *bytes <= memory_; });
    if (stops_) return nullptr;
    memory_taken_ += *bytes;
    running_[worker] = SimJobsProgress::Running{jobs_[bundle.jobs.front()].label, {}};
    return &bundle;
  }

  uint64_t BytesOfOne(const SimBundle& bundle) const {
    return sim::EstimateMemory(*jobs_[bundle.jobs.front()].scenario);
  }
  // What begins together is there as it began and as the one that goes on from it; and that one, a
  // copy of the whole process, keeps what the other threads have changed since.
  uint64_t BytesOf(const SimBundle& bundle) const {
    return BytesOfOne(bundle) * (bundle.jobs.size() == 1 ? 1 : 1 + running_.size());
  }

  void Work(size_t worker) {
    uint64_t bytes = 0;
    while (const SimBundle* bundle = TakeBundle(worker, &bytes)) {
      if (bytes > memory_) {
        Refuse(worker, *bundle, bytes);
      } else if (bundle->jobs.size() == 1 || bytes < BytesOf(*bundle)) {
        MakeEach(worker, *bundle);
      } else {
        MakeTogether(worker, *bundle);
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      memory_taken_ -= bytes;
      running_[worker].reset();
      changed_.notify_all();
    }
  }

  void Tell(size_t worker, size_t job, SimJobResult result) {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_[worker]->at = {};
    if (!stops_) done_.push_back({job, std::move(result)});
    changed_.notify_all();
  }

  void Refuse(size_t worker, const SimBundle& bundle, uint64_t bytes) {
    for (const size_t job : bundle.jobs) {
      SimJobResult refused;
      refused.status = absl::ResourceExhaustedError(
          absl::StrCat(jobs_[job].label, " needs about ", FormatSize(bytes), " of memory, and ",
                       FormatSize(memory_), " are available"));
      Tell(worker, job, std::move(refused));
    }
  }

  // Notes how far a worker's run is; false if nobody wants it any more.
  bool Note(size_t worker, const sim::RunProgress& at) {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_[worker]->at = at;
    return !stops_;
  }

  void MakeEach(size_t worker, const SimBundle& bundle) {
    for (const size_t job : bundle.jobs) {
      if (stops_) return;
      SetLabel(worker, jobs_[job].label);
      Tell(worker, job, Make(worker, jobs_[job]));
    }
  }

  SimJobResult Make(size_t worker, const SimJob& job) {
    SimJobResult made;
    const double cpu_before = ThreadCpuSeconds();
    sim::RunOptions options;
    std::optional<double> cpu_standing;
    uint64_t events_standing = 0;
    options.on_progress = [&](const sim::RunProgress& at) {
      if (!cpu_standing.has_value()) {
        cpu_standing = ThreadCpuSeconds();
        events_standing = at.events;
      }
      return Note(worker, at);
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

  // The beginning once, and each run from there in a process of its own, one after another.
  void MakeTogether(size_t worker, const SimBundle& bundle) {
    const double cpu_before = ThreadCpuSeconds();
    const SimJob& first = jobs_[bundle.jobs.front()];
    ProgressEar ear{[this, worker](const sim::RunProgress& at) { return Note(worker, at); }};
    sim::RunOptions options;
    options.on_progress = [&ear](const sim::RunProgress& at) { return ear.tell(at); };
    auto run = sim::StartRun(*first.scenario, first.seed, strategies_, options);
    if (!run.ok()) return MakeEach(worker, bundle);  // perhaps only the first cannot be
    const Duration last = bundle.shared - first.scenario->sample;
    while (!stops_ && (*run)->progress().simulated < last && (*run)->Advance()) continue;
    const double share =
        (ThreadCpuSeconds() - cpu_before) / static_cast<double>(bundle.jobs.size());
    for (const size_t job : bundle.jobs) {
      if (stops_) return;
      SetLabel(worker, jobs_[job].label);
      SimJobResult made = RunBranch(**run, jobs_[job], strategies_, &ear);
      made.cpu_s += share;
      Tell(worker, job, std::move(made));
    }
  }

  void SetLabel(size_t worker, const std::string& label) {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_[worker]->label = label;
  }

  const std::vector<SimJob>& jobs_;
  const std::vector<SimBundle> bundles_;
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
