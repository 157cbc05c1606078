#include "storage/file_store.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "storage/store_jobs.h"
#include "storage/store_opening.h"

namespace starling::storage {
namespace {

// A block, and a little room for a stream that frames it in place.
constexpr size_t kReadBufferSize = kBlockSize + 512;
constexpr size_t kReadBuffersKept = 1024;

class FileStore final : public PieceStore {
 public:
  explicit FileStore(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}
  ~FileStore() override {
    core_->handler = nullptr;
    core_->closed = true;
  }

  void Read(const BlockRequest& request, Ticket ticket) override {
    core_->workers.Submit(std::make_unique<ReadJob>(core_, request, ticket));
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
      read_buffers_(std::make_shared<BufferPool>(kReadBufferSize, kReadBuffersKept)) {}

FileStorage::~FileStorage() = default;

std::unique_ptr<PieceStore> FileStorage::Open(std::shared_ptr<const Metainfo> metainfo,
                                              const StoreOptions& options, StoreHandler& handler) {
  auto core =
      std::make_shared<StoreCore>(std::move(metainfo), AbsoluteFolder(options.dir),
                                  options.read_only, files_, workers_, read_buffers_, handler);
  StartOpening(core, options);
  return std::make_unique<FileStore>(std::move(core));
}

}  // namespace starling::storage
