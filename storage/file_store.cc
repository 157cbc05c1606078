#include "storage/file_store.h"

#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "storage/layout.h"
#include "storage/store_jobs.h"
#include "storage/store_opening.h"

namespace starling::storage {
namespace {

// A block, and a little room for a stream that frames it in place.
constexpr size_t kReadBufferSize = kBlockSize + 512;
constexpr size_t kReadBuffersKept = 1024;
constexpr size_t kRunBuffersKept = 32;

// Blocks that lie behind each other, read at once: a peer asks for them in order, so what comes
// before the job begins is one read, not many.
class ReadRun {
 public:
  static constexpr uint32_t kSizeMax = 256 * 1024;
  struct Block {
    BlockRequest request;
    Ticket ticket;
  };

  ReadRun(const BlockRequest& first, Ticket ticket) { blocks_.push_back({first, ticket}); }
  // Appends a block of its piece, unless it lies elsewhere or a worker is at the run already.
  bool Extend(const BlockRequest& block, Ticket ticket, uint32_t piece_size);
  // From now on nothing is appended.
  const std::vector<Block>& Take();

 private:
  std::mutex mutex_;
  bool taken_ = false;
  std::vector<Block> blocks_;
};

class ReadJob final : public WorkerPool::Job {
 public:
  ReadJob(std::shared_ptr<StoreCore> core, std::shared_ptr<ReadRun> run)
      : core_(std::move(core)), run_(std::move(run)) {}
  void Work() override;
  bool WorkAtOnce() override;
  void Finish(Time now) override;

 private:
  BlockRequest Whole();
  bool Exists(const BlockRequest& request) const;
  uint64_t OffsetOf(const BlockRequest& request) const;
  Buffer SpaceFor(const BlockRequest& request) const;

  const std::shared_ptr<StoreCore> core_;
  const std::shared_ptr<ReadRun> run_;
  absl::StatusOr<Slice> result_;  // of the whole run
};

bool ReadRun::Extend(const BlockRequest& block, Ticket ticket, uint32_t piece_size) {
  std::lock_guard lock(mutex_);
  const BlockRequest& first = blocks_.front().request;
  const BlockRequest& last = blocks_.back().request;
  if (taken_ || block.piece != last.piece || block.offset < last.offset ||
      block.offset - last.offset != last.length || block.length == 0 || block.length > kSizeMax ||
      block.offset - first.offset > kSizeMax - block.length ||
      uint64_t{block.offset} + block.length > piece_size) {
    return false;
  }
  blocks_.push_back({block, ticket});
  return true;
}

const std::vector<ReadRun::Block>& ReadRun::Take() {
  std::lock_guard lock(mutex_);
  taken_ = true;
  return blocks_;
}

void ReadJob::Work() {
  const BlockRequest whole = Whole();
  if (core_->closed.load(std::memory_order_relaxed)) return;
  if (!Exists(whole)) {
    result_ = absl::OutOfRangeError("there is no such block");
    return;
  }
  const Buffer buffer = SpaceFor(whole);
  const ByteSpan bytes(buffer.data(), whole.length);
  const absl::Status status = core_->content.Read(OffsetOf(whole), bytes);
  if (status.ok()) {
    result_ = buffer.Sub(0, whole.length);
  } else {
    result_ = status;
  }
}

bool ReadJob::WorkAtOnce() {
  const BlockRequest whole = Whole();
  if (core_->closed.load(std::memory_order_relaxed)) return true;
  if (!Exists(whole)) return false;
  const Buffer buffer = SpaceFor(whole);
  const ByteSpan bytes(buffer.data(), whole.length);
  if (!core_->content.ReadCached(OffsetOf(whole), bytes)) return false;
  result_ = buffer.Sub(0, whole.length);
  return true;
}

BlockRequest ReadJob::Whole() {
  const std::vector<ReadRun::Block>& blocks = run_->Take();
  BlockRequest whole = blocks.front().request;
  whole.length = blocks.back().request.offset + blocks.back().request.length - whole.offset;
  return whole;
}

bool ReadJob::Exists(const BlockRequest& request) const {
  const Metainfo& metainfo = core_->content.metainfo();
  return request.piece.value() < metainfo.piece_count() && request.length > 0 &&
         uint64_t{request.offset} + request.length <= metainfo.PieceSize(request.piece);
}

uint64_t ReadJob::OffsetOf(const BlockRequest& request) const {
  return PieceOffset(core_->content.metainfo(), request.piece) + request.offset;
}

Buffer ReadJob::SpaceFor(const BlockRequest& request) const {
  BufferPool& small = *core_->read_buffers;
  BufferPool& large = *core_->run_buffers;
  return request.length <= small.capacity()   ? small.Take()
         : request.length <= large.capacity() ? large.Take()
                                              : Buffer(request.length);
}

void ReadJob::Finish(Time now) {
  uint32_t at = 0;
  for (const ReadRun::Block& block : run_->Take()) {
    if (core_->handler == nullptr) return;  // the one before may have destroyed the store
    const uint32_t size = block.request.length;
    if (result_.ok()) {
      core_->handler->OnRead(now, block.ticket, result_->Sub(at, size));
    } else {
      core_->handler->OnRead(now, block.ticket, result_.status());
    }
    at += size;
  }
}

class FileStore final : public PieceStore {
 public:
  explicit FileStore(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}
  ~FileStore() override {
    core_->handler = nullptr;
    core_->closed = true;
  }

  void Read(const BlockRequest& request, Ticket ticket) override {
    const Metainfo& metainfo = core_->content.metainfo();
    if (run_ != nullptr && request.piece.value() < metainfo.piece_count() &&
        run_->Extend(request, ticket, metainfo.PieceSize(request.piece))) {
      return;
    }
    run_ = std::make_shared<ReadRun>(request, ticket);
    core_->workers.Gather(std::make_unique<ReadJob>(core_, run_));
  }
  void Spill(PieceIndex piece, uint32_t offset, Payload block) override {
    CHECK(offset + PayloadSize(block) <= core_->content.metainfo().PieceSize(piece));
    Submit(std::make_unique<SpillJob>(core_, piece, offset, std::move(block)));
  }
  void Store(PieceIndex piece, std::vector<Payload> blocks) override {
    Submit(std::make_unique<StoreJob>(core_, piece, std::move(blocks)));
  }
  void Check(PieceIndex piece) override { Submit(std::make_unique<CheckJob>(core_, piece)); }

 private:
  const std::shared_ptr<StoreCore> core_;
  std::shared_ptr<ReadRun> run_;  // the last one submitted; it may still grow
};

// Absolute, so that the store does not move with the process's current folder.
std::string AbsoluteFolder(const std::string& dir) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(dir.empty() ? "." : dir, error);
  if (error) return dir;
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace

FileStorage::FileStorage(WorkerPool& workers, size_t open_files_max)
    : workers_(workers),
      files_(std::make_shared<OpenFiles>(open_files_max)),
      read_buffers_(std::make_shared<BufferPool>(kReadBufferSize, kReadBuffersKept)),
      run_buffers_(std::make_shared<BufferPool>(ReadRun::kSizeMax, kRunBuffersKept)) {}

FileStorage::~FileStorage() = default;

std::unique_ptr<PieceStore> FileStorage::Open(std::shared_ptr<const Metainfo> metainfo,
                                              const StoreOptions& options, StoreHandler& handler) {
  auto core = std::make_shared<StoreCore>(std::move(metainfo), AbsoluteFolder(options.dir),
                                          options.read_only, files_, workers_, read_buffers_,
                                          run_buffers_, handler);
  StartOpening(core, options);
  return std::make_unique<FileStore>(std::move(core));
}

}  // namespace starling::storage
