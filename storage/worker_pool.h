// The only threads of the library: they carry out disk work and hashing, and never run protocol
// code.
//
// A Job is worked on by some worker and then finished on the loop's thread, inside
// DeliverFinished(). Finished jobs gather in a list; `wake` is called, from a worker, only when the
// list turns non-empty, so that a busy loop is woken once a batch. Jobs start in the order in which
// they were submitted and end in any order.
//
// To another thread and back takes longer than to read a few blocks from the system's cache, and
// costs two task switches. Gather() is for jobs that can perhaps do without.
//
//   WorkerPool pool(2, [&] { loop.Post([&](Time now) { pool.DeliverFinished(now); }); });
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "base/time.h"

namespace starling::storage {

class WorkerPool {
 public:
  static constexpr size_t kAtOnceMax = 16;  // the loop has more to do

  class Job {
   public:
    virtual ~Job() = default;
    virtual void Work() = 0;            // on a worker
    virtual void Finish(Time now) = 0;  // on the loop's thread; may submit further jobs
    // Of a gathered job, on the loop's thread: does the work if it has to wait for nothing. False:
    // a worker is to do it.
    virtual bool WorkAtOnce() { return false; }
    // On the worker, while no other job can end. True: it has ended, before all that is submitted
    // from now on. False: more came while it worked, and Work() is called again. Waits for nothing
    // but short locks.
    virtual bool TryEnd() { return true; }
  };

  // `wake` is called from any worker, until the destructor returns.
  WorkerPool(int threads, absl::AnyInvocable<void()> wake);
  // Works on all that was submitted, then joins. What was not delivered is never finished.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From any thread, from inside a Job too.
  void Submit(std::unique_ptr<Job> job);
  // From the loop's thread: the job begins in the next DeliverFinished(), which is on its way, so
  // it may still grow while events of this turn are handled. There the first kAtOnceMax may work at
  // once; all others are submitted.
  void Gather(std::unique_ptr<Job> job);
  // Begins what was gathered and finishes what is ready, on the loop's thread.
  void DeliverFinished(Time now);

  int thread_count() const { return static_cast<int>(threads_.size()); }

 private:
  void RunWorker();
  bool PostIfEnded(std::unique_ptr<Job>& job);
  void BeginGathered(Time now);

  absl::AnyInvocable<void()> wake_;
  std::mutex queue_mutex_;
  std::condition_variable queue_filled_;
  std::deque<std::unique_ptr<Job>> queue_;
  int idle_ = 0;      // workers that wait
  int awakened_ = 0;  // of these, notified and not yet up
  bool stopping_ = false;

  std::mutex finished_mutex_;
  std::vector<std::unique_ptr<Job>> finished_;
  std::vector<std::unique_ptr<Job>> delivering_;  // keeps its memory from batch to batch
  std::vector<std::unique_ptr<Job>> gathered_;    // of the loop's thread
  std::vector<std::unique_ptr<Job>> beginning_;
  std::vector<std::thread> threads_;
};

// Puts jobs that must not overtake each other onto lanes: those of one lane are done one at a time
// and told about in the order in which they were submitted. Lanes do not wait for each other, and
// one that is idle costs nothing.
class JobLanes {
 public:
  class Job : public WorkerPool::Job {
   public:
    void Work() final;
    bool TryEnd() final;
    void Finish(Time now) final;

   protected:
    virtual void Do() = 0;            // on a worker
    virtual void Tell(Time now) = 0;  // on the loop's thread

   private:
    friend class JobLanes;
    JobLanes* lanes_ = nullptr;
    uint32_t lane_ = 0;
    bool did_ = false;  // the followers are next
    // Jobs that came while this one was at work: done by the same worker right after it.
    std::vector<std::unique_ptr<Job>> followers_;
  };

  // The jobs keep this alive, in whatever way they like.
  explicit JobLanes(WorkerPool& workers) : workers_(workers) {}
  void Submit(uint32_t lane, std::unique_ptr<Job> job);

 private:
  // The job that waits behind the one just done; nullptr: none does.
  std::unique_ptr<Job> Next(uint32_t lane);
  // False: a job waits after all.
  bool Free(uint32_t lane);

  WorkerPool& workers_;
  std::mutex mutex_;
  absl::flat_hash_map<uint32_t, std::vector<std::unique_ptr<Job>>> waiting_;  // of busy lanes
};

}  // namespace starling::storage
