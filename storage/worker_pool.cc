#include "storage/worker_pool.h"

#include <utility>

#include "base/check.h"

namespace starling::storage {

WorkerPool::WorkerPool(int threads, absl::AnyInvocable<void()> wake) : wake_(std::move(wake)) {
  CHECK(threads > 0);
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { RunWorker(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  queue_filled_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Submit(std::unique_ptr<Job> job) {
  bool notify = false;
  {
    std::lock_guard lock(queue_mutex_);
    queue_.push_back(std::move(job));
    // A worker that is on its way will look at the queue by itself: one system call less.
    if (awakened_ < idle_ && static_cast<size_t>(awakened_) < queue_.size()) {
      ++awakened_;
      notify = true;
    }
  }
  if (notify) queue_filled_.notify_one();
}

void WorkerPool::Gather(std::unique_ptr<Job> job) {
  gathered_.push_back(std::move(job));
  if (gathered_.size() == 1) wake_();
}

void WorkerPool::BeginGathered(Time now) {
  std::swap(gathered_, beginning_);
  size_t at_once = 0;
  for (std::unique_ptr<Job>& job : beginning_) {
    if (at_once < kAtOnceMax && job->WorkAtOnce()) {
      ++at_once;
      job->Finish(now);
      job.reset();
    } else {
      Submit(std::move(job));
    }
  }
  beginning_.clear();
}

void WorkerPool::RunWorker() {
  std::unique_lock lock(queue_mutex_);
  while (true) {
    while (queue_.empty()) {
      if (stopping_) return;
      ++idle_;
      queue_filled_.wait(lock);
      --idle_;
      if (awakened_ > 0) --awakened_;
    }
    std::unique_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    do {
      job->Work();
    } while (!PostIfEnded(job));
    lock.lock();
  }
}

bool WorkerPool::PostIfEnded(std::unique_ptr<Job>& job) {
  bool was_empty;
  {
    std::lock_guard lock(finished_mutex_);
    if (!job->TryEnd()) return false;
    was_empty = finished_.empty();
    finished_.push_back(std::move(job));
  }
  if (was_empty) wake_();
  return true;
}

void WorkerPool::DeliverFinished(Time now) {
  BeginGathered(now);
  {
    std::lock_guard lock(finished_mutex_);
    std::swap(finished_, delivering_);
  }
  for (std::unique_ptr<Job>& job : delivering_) {
    job->Finish(now);
    job.reset();  // Now, so that the memory it holds is free before the next one asks for some.
  }
  delivering_.clear();
}

void JobLanes::Job::Work() {
  if (!did_) Do();
  did_ = true;
  while (std::unique_ptr<Job> next = lanes_->Next(lane_)) {
    next->Do();
    followers_.push_back(std::move(next));
  }
}

bool JobLanes::Job::TryEnd() { return lanes_->Free(lane_); }

void JobLanes::Job::Finish(Time now) {
  Tell(now);
  for (const std::unique_ptr<Job>& follower : followers_) follower->Tell(now);
}

void JobLanes::Submit(uint32_t lane, std::unique_ptr<Job> job) {
  job->lanes_ = this;
  job->lane_ = lane;
  {
    std::lock_guard lock(mutex_);
    const auto [entry, is_first] = waiting_.try_emplace(lane);
    if (!is_first) {
      entry->second.push_back(std::move(job));
      return;
    }
  }
  workers_.Submit(std::move(job));
}

std::unique_ptr<JobLanes::Job> JobLanes::Next(uint32_t lane) {
  std::lock_guard lock(mutex_);
  const auto entry = waiting_.find(lane);
  CHECK(entry != waiting_.end());
  std::vector<std::unique_ptr<Job>>& jobs = entry->second;
  if (jobs.empty()) return nullptr;
  std::unique_ptr<Job> job = std::move(jobs.front());
  jobs.erase(jobs.begin());
  return job;
}

bool JobLanes::Free(uint32_t lane) {
  std::lock_guard lock(mutex_);
  const auto entry = waiting_.find(lane);
  CHECK(entry != waiting_.end());
  if (!entry->second.empty()) return false;
  waiting_.erase(entry);
  return true;
}

}  // namespace starling::storage
