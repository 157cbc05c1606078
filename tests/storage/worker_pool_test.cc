#include "storage/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "tests/storage/test_disk.h"

namespace starling::storage {
namespace {

class CallJob final : public WorkerPool::Job {
 public:
  CallJob(std::function<void()> work, std::function<void(Time)> finish)
      : work_(std::move(work)), finish_(std::move(finish)) {}
  void Work() override { work_(); }
  void Finish(Time now) override { finish_(now); }

 private:
  std::function<void()> work_;
  std::function<void(Time)> finish_;
};

void Submit(WorkerPool& pool, std::function<void()> work, std::function<void(Time)> finish) {
  pool.Submit(std::make_unique<CallJob>(std::move(work), std::move(finish)));
}

TEST(WorkerPool, WorksElsewhereAndFinishesInTheLoop) {
  TestWorkers workers;
  std::thread::id worked_by;
  Time finished_at = kNever;
  Submit(
      workers.pool, [&] { worked_by = std::this_thread::get_id(); },
      [&](Time now) { finished_at = now; });
  ASSERT_TRUE(workers.Until([&] { return finished_at != kNever; }));
  EXPECT_NE(worked_by, std::this_thread::get_id());
  EXPECT_EQ(finished_at, workers.now);
}

TEST(WorkerPool, WakesTheLoopOnceABatch) {
  std::atomic<int> wakes{0};
  std::atomic<int> worked{0};
  int finished = 0;
  WorkerPool pool(2, [&] { ++wakes; });
  for (int i = 0; i < 100; ++i) {
    Submit(
        pool, [&] { ++worked; }, [&](Time) { ++finished; });
  }
  while (worked < 100) std::this_thread::yield();
  while (wakes == 0) std::this_thread::yield();
  EXPECT_EQ(wakes, 1) << "nothing was delivered, so the list turned non-empty once";
  while (finished < 100) pool.DeliverFinished(Time());
}

TEST(WorkerPool, JobsMaySubmitJobs) {
  TestWorkers workers(1);
  int finished = 0;
  std::function<void(Time)> again = [&](Time) {
    if (++finished < 50)
      Submit(
          workers.pool, [] {}, again);
  };
  Submit(
      workers.pool, [] {}, again);
  EXPECT_TRUE(workers.Until([&] { return finished == 50; }));
}

TEST(WorkerPool, StartsJobsInOrder) {
  TestWorkers workers(1);
  std::string order;
  for (char c = 'a'; c < 'k'; ++c)
    Submit(
        workers.pool, [&order, c] { order += c; }, [](Time) {});
  workers.Round();
  EXPECT_EQ(order, "abcdefghij");
}

TEST(WorkerPool, DoesAllWorkBeforeItIsGoneButFinishesNothing) {
  std::atomic<int> worked{0};
  int finished = 0;
  {
    WorkerPool pool(3, [] {});
    for (int i = 0; i < 1000; ++i) {
      Submit(
          pool, [&] { ++worked; }, [&](Time) { ++finished; });
    }
  }
  EXPECT_EQ(worked, 1000);
  EXPECT_EQ(finished, 0);
}

}  // namespace
}  // namespace starling::storage
