#include "storage/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
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

// Notes where it works; at once, if it may.
class PatientJob final : public WorkerPool::Job {
 public:
  PatientJob(bool may_work_at_once, std::string* order, char name)
      : may_(may_work_at_once), order_(order), name_(name) {}
  void Work() override { place_ = 'w'; }
  bool WorkAtOnce() override {
    if (may_) place_ = 'o';
    return may_;
  }
  void Finish(Time) override { (*order_ += name_) += place_; }

 private:
  bool may_;
  std::string* order_;
  char name_;
  char place_ = '?';
};

TEST(WorkerPool, AGatheredJobThatWaitsForNothingNeverLeavesTheThread) {
  TestWorkers workers(1);
  std::string order;
  workers.pool.Gather(std::make_unique<PatientJob>(true, &order, 'a'));
  EXPECT_EQ(workers.wakes, 1) << "the delivery is on its way";
  workers.pool.Gather(std::make_unique<PatientJob>(false, &order, 'b'));
  workers.pool.Gather(std::make_unique<PatientJob>(true, &order, 'c'));
  EXPECT_EQ(workers.wakes, 1);
  EXPECT_EQ(order, "") << "nothing is answered from within the command";
  workers.pool.DeliverFinished(Time());
  EXPECT_EQ(order.substr(0, 4), "aoco");
  workers.Round();
  EXPECT_EQ(order, "aocobw");
}

TEST(WorkerPool, ThoseWhoWorkAtOnceLeaveTimeForTheLoop) {
  TestWorkers workers(1);
  std::string order;
  for (size_t i = 0; i < WorkerPool::kAtOnceMax + 3; ++i) {
    workers.pool.Gather(std::make_unique<PatientJob>(true, &order, 'x'));
  }
  workers.Round();
  workers.Round();
  ASSERT_EQ(order.size(), 2 * (WorkerPool::kAtOnceMax + 3));
  EXPECT_EQ(std::count(order.begin(), order.end(), 'o'), ptrdiff_t{WorkerPool::kAtOnceMax});
  EXPECT_EQ(std::count(order.begin(), order.end(), 'w'), 3);
}

class NoteJob final : public JobLanes::Job {
 public:
  NoteJob(std::string* done, std::string* told, char name)
      : done_(done), told_(told), name_(name) {}

 private:
  void Do() override { *done_ += name_; }
  void Tell(Time) override { *told_ += name_; }

  std::string* done_;
  std::string* told_;
  char name_;
};

TEST(JobLanes, KeepTheOrderOfEachLane) {
  TestWorkers workers(4);
  JobLanes lanes(workers.pool);
  constexpr int kLanes = 8;
  std::string done[kLanes];  // Written by whichever worker has the lane: never by two at once.
  std::string told[kLanes];
  for (char name = 'a'; name <= 'z'; ++name) {
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      lanes.Submit(lane, std::make_unique<NoteJob>(&done[lane], &told[lane], name));
    }
  }
  ASSERT_TRUE(workers.Until([&] {
    return std::all_of(told, told + kLanes, [](const std::string& t) { return t.size() == 26; });
  }));
  for (int lane = 0; lane < kLanes; ++lane) {
    EXPECT_EQ(done[lane], "abcdefghijklmnopqrstuvwxyz");
    EXPECT_EQ(told[lane], done[lane]);
  }
}

class CountJob final : public JobLanes::Job {
 public:
  CountJob(int number, int* told, int* overtaken)
      : number_(number), told_(told), overtaken_(overtaken) {}

 private:
  void Do() override {}
  void Tell(Time) override { *overtaken_ += number_ != (*told_)++; }

  int number_;
  int* told_;
  int* overtaken_;
};

// A lane that becomes free and is taken again at once by another worker.
TEST(JobLanes, TellInOrderHoweverOftenALaneIsFreed) {
  TestWorkers workers(4);
  JobLanes lanes(workers.pool);
  constexpr int kLanes = 8;
  constexpr int kJobs = 5000;
  int told[kLanes] = {};
  int overtaken = 0;
  for (int number = 0; number < kJobs; ++number) {
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      lanes.Submit(lane, std::make_unique<CountJob>(number, &told[lane], &overtaken));
    }
  }
  ASSERT_TRUE(workers.Until(
      [&] { return std::all_of(told, told + kLanes, [](int count) { return count == kJobs; }); }));
  EXPECT_EQ(overtaken, 0);
}

TEST(JobLanes, AreFreeAgainWhenTheirWorkIsDone) {
  TestWorkers workers;
  JobLanes lanes(workers.pool);
  std::string done;
  std::string told;
  for (const char name : {'a', 'b', 'c'}) {
    lanes.Submit(7, std::make_unique<NoteJob>(&done, &told, name));
    ASSERT_TRUE(workers.Until([&] { return !told.empty() && told.back() == name; }));
  }
  EXPECT_EQ(told, "abc");
}

}  // namespace
}  // namespace starling::storage
