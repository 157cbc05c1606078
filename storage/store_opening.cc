#include "storage/store_opening.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "storage/layout.h"

namespace starling::storage {
namespace {

// How much one job hashes before it gives its worker to others: reads wait at most that long.
constexpr uint64_t kBytesPerJob = 8 << 20;

// One opening; the jobs share it. What is not atomic belongs to the loop's thread.
struct Opening {
  Opening(std::shared_ptr<StoreCore> store_core, const StoreOptions& store_options)
      : core(std::move(store_core)),
        options(store_options),
        have(core->content.metainfo().piece_count()) {}

  void End(Time now);
  // Cuts those of `too_long` that are complete; the others are when they are written to.
  absl::Status CutComplete() const;

  const std::shared_ptr<StoreCore> core;
  const StoreOptions options;
  absl::Status writable;             // may missing pieces be written at all?
  std::vector<FileIndex> too_long;   // as they lie there
  std::vector<PieceIndex> to_check;  // constant once hashing has begun
  std::atomic<size_t> next{0};       // in to_check
  Bitfield have;
  uint32_t checked = 0;
  int jobs_running = 0;
  absl::Status failure;
};

// Hashes some pieces, then makes room and comes again for more.
class HashJob final : public WorkerPool::Job {
 public:
  HashJob(std::shared_ptr<Opening> opening, HashSpace space)
      : opening_(std::move(opening)), space_(std::move(space)) {}

  void Work() override {
    const StoreCore& core = *opening_->core;
    const Metainfo& metainfo = core.content.metainfo();
    uint64_t bytes = 0;
    while (bytes < kBytesPerJob && failure_.ok() && !core.closed) {
      const size_t index = opening_->next++;
      if (index >= opening_->to_check.size()) return;
      const PieceIndex piece = opening_->to_check[index];
      const absl::StatusOr<Sha1Digest> hash = core.content.HashOf(piece, space_);
      if (hash.ok() && *hash == metainfo.PieceHash(piece)) good_.push_back(piece);
      if (!hash.ok() && !absl::IsNotFound(hash.status())) failure_ = hash.status();
      bytes += metainfo.PieceSize(piece);
      ++checked_;
    }
  }

  void Finish(Time now) override {
    StoreCore& core = *opening_->core;
    for (const PieceIndex piece : good_) opening_->have.Set(piece);
    opening_->checked += checked_;
    opening_->failure.Update(failure_);
    const bool more =
        opening_->next < opening_->to_check.size() && opening_->failure.ok() && !core.closed;
    if (core.handler != nullptr && checked_ > 0) core.handler->OnChecking(now, opening_->checked);
    if (more) {
      core.workers.Submit(std::make_unique<HashJob>(opening_, std::move(space_)));
    } else if (--opening_->jobs_running == 0) {
      opening_->End(now);
    }
  }

 private:
  const std::shared_ptr<Opening> opening_;
  HashSpace space_;
  std::vector<PieceIndex> good_;
  uint32_t checked_ = 0;
  absl::Status failure_;
};

void Opening::End(Time now) {
  if (core->handler == nullptr) return;
  if (failure.ok() && !writable.ok() &&
      have.LacksAnyOf(PiecesOfFiles(core->content.metainfo(), options.wanted_files))) {
    failure = writable;
  }
  if (failure.ok()) failure = CutComplete();
  if (!failure.ok()) return core->handler->OnOpened(now, failure);
  core->handler->OnOpened(now, std::move(have));
}

absl::Status Opening::CutComplete() const {
  for (const FileIndex file : too_long) {
    const PieceRange range = PiecesOfFile(core->content.metainfo(), file);
    uint32_t piece = range.begin;
    while (piece < range.end && have.Has(PieceIndex(piece))) ++piece;
    if (piece == range.end) RETURN_IF_ERROR(core->content.SetLength(file));
  }
  return absl::OkStatus();
}

// The first look: names, folder, sizes.
class LookJob final : public WorkerPool::Job {
 public:
  explicit LookJob(std::shared_ptr<Opening> opening) : opening_(std::move(opening)) {}

  void Work() override { opening_->failure = Look(); }

  void Finish(Time now) override {
    Opening& opening = *opening_;
    const size_t jobs =
        std::min<size_t>(opening.core->workers.thread_count(), opening.to_check.size());
    if (!opening.failure.ok() || jobs == 0) return opening.End(now);
    opening.checked = opening.core->content.metainfo().piece_count() -
                      static_cast<uint32_t>(opening.to_check.size());
    opening.jobs_running = static_cast<int>(jobs);
    for (size_t i = 0; i < jobs; ++i) {
      opening.core->workers.Submit(std::make_unique<HashJob>(opening_, HashSpace()));
    }
  }

 private:
  absl::Status Look() {
    ContentFiles& content = opening_->core->content;
    const StoreOptions& options = opening_->options;
    if (content.metainfo().is_v2_only()) {
      return absl::UnimplementedError("torrents with v2 hashes alone cannot be transferred yet");
    }
    RETURN_IF_ERROR(PrepareFolder(content.dir(), !options.read_only));
    content.PickNames();
    if (options.existing == Existing::kHash) opening_->to_check = content.PiecesToCheck();
    if (options.existing == Existing::kTrust) {
      for (const PieceIndex piece : content.PiecesToCheck()) opening_->have.Set(piece);
    }
    if (options.read_only) return absl::OkStatus();
    opening_->writable = CheckWritable(content.dir());
    opening_->writable.Update(content.MakeEmptyFiles(options.wanted_files));
    opening_->too_long = content.TooLong(options.wanted_files);
    return absl::OkStatus();
  }

  const std::shared_ptr<Opening> opening_;
};

}  // namespace

void StartOpening(std::shared_ptr<StoreCore> core, const StoreOptions& options) {
  WorkerPool& workers = core->workers;
  workers.Submit(std::make_unique<LookJob>(std::make_shared<Opening>(std::move(core), options)));
}

}  // namespace starling::storage
