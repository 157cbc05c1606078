// What the workers do for one torrent: read, spill, store and check. A job runs on a worker, then
// tells the handler on the loop's thread.
//
// StoreCore is what jobs share; it lives until the last of them is gone, which may be after the
// PieceStore: accepted writes are still carried out then, but nobody is told.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "storage/content_files.h"
#include "storage/piece_store.h"
#include "storage/worker_pool.h"

namespace starling::storage {

struct StoreCore {
  StoreCore(std::shared_ptr<const Metainfo> metainfo, std::string dir, bool read_only,
            std::shared_ptr<OpenFiles> files, WorkerPool& pool, std::shared_ptr<BufferPool> buffers,
            std::shared_ptr<BufferPool> run_buffers_in, StoreHandler& store_handler)
      : content(std::move(metainfo), std::move(dir), read_only, std::move(files)),
        workers(pool),
        lanes(pool),
        read_buffers(std::move(buffers)),
        run_buffers(std::move(run_buffers_in)),
        handler(&store_handler) {}

  ContentFiles content;
  WorkerPool& workers;
  JobLanes lanes;                                  // one a piece
  const std::shared_ptr<BufferPool> read_buffers;  // for a block
  const std::shared_ptr<BufferPool> run_buffers;   // for ReadRun::kSizeMax
  StoreHandler* handler;            // of the loop's thread; nullptr once the store is destroyed
  std::atomic<bool> closed{false};  // the same for workers: reading and checking is in vain
};

// Work on one piece: done in the order in which it was asked for, on the lane of the piece.
class PieceJob : public JobLanes::Job {
 public:
  PieceJob(std::shared_ptr<StoreCore> core, PieceIndex piece)
      : core_(std::move(core)), piece_(piece) {}
  PieceIndex piece() const { return piece_; }

 protected:
  void Tell(Time now) final {
    if (core_->handler != nullptr) Tell(now, *core_->handler);
  }
  virtual void Tell(Time now, StoreHandler& handler) = 0;
  StoreCore& core() const { return *core_; }

 private:
  friend void Submit(std::unique_ptr<PieceJob> job);
  const std::shared_ptr<StoreCore> core_;
  const PieceIndex piece_;
};
void Submit(std::unique_ptr<PieceJob> job);

class SpillJob final : public PieceJob {
 public:
  SpillJob(std::shared_ptr<StoreCore> core, PieceIndex piece, uint32_t offset, Payload block)
      : PieceJob(std::move(core), piece), offset_(offset), block_(std::move(block)) {}

 private:
  void Do() override;
  void Tell(Time now, StoreHandler& handler) override;

  const uint32_t offset_;
  Payload block_;
  absl::Status status_;
};

class StoreJob final : public PieceJob {
 public:
  StoreJob(std::shared_ptr<StoreCore> core, PieceIndex piece, std::vector<Payload> blocks)
      : PieceJob(std::move(core), piece), blocks_(std::move(blocks)) {}

 private:
  void Do() override;
  void Tell(Time now, StoreHandler& handler) override;
  absl::Status Verify() const;
  absl::Status CheckPadding() const;
  absl::Status Write() const;

  std::vector<Payload> blocks_;
  Verdict verdict_;
};

class CheckJob final : public PieceJob {
 public:
  using PieceJob::PieceJob;

 private:
  void Do() override;
  void Tell(Time now, StoreHandler& handler) override;

  Verdict verdict_;
};

}  // namespace starling::storage
