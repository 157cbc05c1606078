// A real folder that goes away with the test, and workers whose results come without any clock:
// Settle() waits until all that was submitted is done and delivered.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "storage/file_store.h"
#include "storage/worker_pool.h"
#include "tests/storage/test_content.h"

namespace starling::storage {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "starling-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << bytes;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(*this / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool Has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(*this / name));
  }
  // All files below, sorted, with '/' at the end of folders.
  std::vector<std::string> List() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      names.push_back(entry.path().lexically_relative(path_).string() +
                      (entry.is_directory() ? "/" : ""));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

class TestWorkers {
 public:
  explicit TestWorkers(int threads = 2) : pool(threads, [this] { ++wakes; }) {}

  // Everything submitted before is done, and delivered.
  void Round() {
    Rendezvous();
    now += milliseconds(1);
    pool.DeliverFinished(now);
  }
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) Round();
  }
  [[nodiscard]] bool Until(const std::function<bool()>& done) {
    constexpr int kRoundsMax = 20'000;
    for (int i = 0; i < kRoundsMax && !done(); ++i) Round();
    return done();
  }

  std::atomic<int> wakes{0};
  Time now{};
  WorkerPool pool;

 private:
  // Jobs that meet: when all have met, every job before them is done and posted.
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    int missing;
  };
  class MeetingJob final : public WorkerPool::Job {
   public:
    explicit MeetingJob(std::shared_ptr<Meeting> meeting) : meeting_(std::move(meeting)) {}
    void Work() override {
      std::unique_lock lock(meeting_->mutex);
      --meeting_->missing;
      meeting_->changed.notify_all();
      meeting_->changed.wait(lock, [this] { return meeting_->missing == 0; });
    }
    void Finish(Time) override {}

   private:
    std::shared_ptr<Meeting> meeting_;
  };
  void Rendezvous() {
    auto meeting = std::make_shared<Meeting>();
    meeting->missing = pool.thread_count() + 1;
    for (int i = 0; i < pool.thread_count(); ++i) {
      pool.Submit(std::make_unique<MeetingJob>(meeting));
    }
    std::unique_lock lock(meeting->mutex);
    --meeting->missing;
    meeting->changed.notify_all();
    meeting->changed.wait(lock, [&] { return meeting->missing == 0; });
  }
};

// One store on a folder, with all that it said.
class TestStore final : public StoreHandler {
 public:
  TestStore(TestWorkers& workers, Storage& storage, std::shared_ptr<const Metainfo> metainfo,
            const StoreOptions& options)
      : workers_(workers), store(storage.Open(std::move(metainfo), options, *this)) {
    EXPECT_FALSE(opened.has_value()) << "answered before the call returned";
    EXPECT_TRUE(workers_.Until([this] { return opened.has_value(); }));
  }

  void OnOpened(Time, absl::StatusOr<Bitfield> have) override { opened = std::move(have); }
  void OnChecking(Time, uint32_t pieces_checked) override {
    EXPECT_FALSE(opened.has_value());
    EXPECT_GE(pieces_checked, checked);
    checked = pieces_checked;
  }
  void OnRead(Time, Ticket ticket, absl::StatusOr<Slice> bytes) override {
    EXPECT_TRUE(reads.emplace(ticket, bytes).second) << "answered twice";
    if (ticket == Ticket{1}) {
      reads.erase(ticket);
      read = std::move(bytes);
    }
  }
  void OnSpilled(Time, PieceIndex, uint32_t, absl::Status status) override {
    spilled.push_back(std::move(status));
  }
  void OnStored(Time, PieceIndex piece, Verdict verdict) override {
    stored.emplace_back(piece.value(), std::move(verdict.status));
  }

  // What is had, drawn: "*** *".
  std::string Have() const {
    if (!opened.has_value() || !opened->ok()) return "error";
    std::string drawing;
    for (uint32_t i = 0; i < (*opened)->size(); ++i) {
      drawing += (*opened)->Has(PieceIndex(i)) ? '*' : ' ';
    }
    return drawing;
  }
  absl::Status Store(uint32_t piece, std::vector<Payload> blocks) {
    const size_t before = stored.size();
    store->Store(PieceIndex(piece), std::move(blocks));
    EXPECT_TRUE(workers_.Until([&] { return stored.size() > before; }));
    return stored.back().second;
  }
  absl::Status Check(uint32_t piece) {
    const size_t before = stored.size();
    store->Check(PieceIndex(piece));
    EXPECT_TRUE(workers_.Until([&] { return stored.size() > before; }));
    return stored.back().second;
  }
  absl::Status Spill(uint32_t piece, uint32_t offset, Payload block) {
    const size_t before = spilled.size();
    store->Spill(PieceIndex(piece), offset, std::move(block));
    EXPECT_TRUE(workers_.Until([&] { return spilled.size() > before; }));
    return spilled.back();
  }
  absl::StatusOr<std::string> Read(uint32_t piece, uint32_t offset, uint32_t length) {
    read.reset();
    store->Read({PieceIndex(piece), offset, length}, Ticket{1});
    EXPECT_TRUE(workers_.Until([this] { return read.has_value(); }));
    if (!read->ok()) return read->status();
    return std::string((*read)->text());
  }

 private:
  TestWorkers& workers_;

 public:
  std::unique_ptr<PieceStore> store;
  std::optional<absl::StatusOr<Bitfield>> opened;
  std::optional<absl::StatusOr<Slice>> read;      // of Read()
  std::map<Ticket, absl::StatusOr<Slice>> reads;  // of all other tickets
  std::vector<std::pair<uint32_t, absl::Status>> stored;
  std::vector<absl::Status> spilled;
  uint32_t checked = 0;
};

}  // namespace starling::storage
