// The real disk behind storage/piece_store.h: files in a folder, worked on by a WorkerPool.
//
// Invariants. A piece counts as had only after its hash was right, or when its hash was just made
// from it (Existing::kTrust). Nothing outside DIR is ever opened: names come from
// storage/file_names, and no symbolic link below DIR is followed (storage/open_files). Work on one
// piece (Spill, Store, Check) is done in the order in which it was asked for; everything else in
// any order. Files are sparse, made when first written to. Existing ones that are longer than the
// torrent says are cut when they are first written to or found complete, unless only seeded.
// Padding files (BEP 47) exist nowhere: they read as zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "storage/open_files.h"
#include "storage/piece_store.h"
#include "storage/worker_pool.h"

namespace starling::storage {

class FileStorage final : public Storage {
 public:
  // `workers` outlives this and all stores that it opened.
  explicit FileStorage(WorkerPool& workers, size_t open_files_max = kOpenFilesMax);
  ~FileStorage() override;
  FileStorage(const FileStorage&) = delete;
  FileStorage& operator=(const FileStorage&) = delete;

  // A DIR that does not exist is made, unless read_only. Missing files are not waited for: a fresh
  // download is open at once. Existing ones are hashed by all workers.
  std::unique_ptr<PieceStore> Open(std::shared_ptr<const Metainfo> metainfo,
                                   const StoreOptions& options, StoreHandler& handler) override;

 private:
  WorkerPool& workers_;
  std::shared_ptr<OpenFiles> files_;
  std::shared_ptr<BufferPool> read_buffers_;
  std::shared_ptr<BufferPool> run_buffers_;
};

}  // namespace starling::storage
