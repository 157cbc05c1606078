#include "storage/create.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/buffer.h"
#include "base/check.h"
#include "storage/content_files.h"
#include "storage/file_names.h"
#include "storage/metainfo_encode.h"
#include "storage/open_files.h"
#include "storage/worker_pool.h"

namespace starling::storage {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBytesPerJob = 8 << 20;

absl::Status Refused(const fs::path& path, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot make a torrent of ", path.string(), ": ", why));
}

// The folder of the content and its name in there. A link that the user names is followed.
struct Place {
  fs::path dir;
  std::string name;
};
absl::StatusOr<Place> FindPlace(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path.empty() ? "." : path, error);
  if (error) return DiskError("cannot read", path, error.value());
  if (!real.has_filename()) return Refused(path, "it has no name");
  return Place{real.parent_path(), real.filename().string()};
}

absl::Status AddFile(const fs::path& path, const fs::path& dir, Metainfo* metainfo) {
  std::error_code error;
  FileEntry file;
  file.length = fs::file_size(path, error);
  if (error) return DiskError("cannot read", path.string(), error.value());
  for (const fs::path& name : path.lexically_relative(dir)) file.path.push_back(name.string());
  if (metainfo->files.size() >= kFilesMax) return Refused(path, "there are too many files");
  metainfo->files.push_back(std::move(file));
  return absl::OkStatus();
}

absl::Status AddFolder(const fs::path& folder, const fs::path& dir, Metainfo* metainfo) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const fs::file_status status = at->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) {
      if (static_cast<size_t>(at.depth()) + 2 > kPathDepthMax) {
        return Refused(at->path(), "there are too many folders in folders");
      }
      continue;
    }
    if (fs::is_symlink(status)) {
      return Refused(at->path(), "it is a symbolic link, which a torrent cannot hold");
    }
    if (!fs::is_regular_file(status)) return Refused(at->path(), "it is no regular file");
    RETURN_IF_ERROR(AddFile(at->path(), dir, metainfo));
  }
  if (error) return DiskError("cannot read", folder.string(), error.value());
  std::sort(metainfo->files.begin(), metainfo->files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return absl::OkStatus();
}

absl::StatusOr<Metainfo> ListFiles(const Place& place) {
  Metainfo metainfo;
  metainfo.info_hash_v1 = InfoHash();  // What is made is v1; the real hash comes last.
  metainfo.name = place.name;
  const fs::path path = place.dir / place.name;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (error) return DiskError("cannot read", path.string(), error.value());
  if (fs::is_directory(status)) {
    RETURN_IF_ERROR(AddFolder(path, place.dir, &metainfo));
  } else if (fs::is_regular_file(status)) {
    metainfo.is_single_file = true;
    RETURN_IF_ERROR(AddFile(path, place.dir, &metainfo));
  } else {
    return Refused(path, "it is neither file nor folder");
  }
  for (FileEntry& file : metainfo.files) {
    file.offset = metainfo.total_size;
    if (file.length > kContentSizeMax - metainfo.total_size)
      return Refused(path, "it is too large");
    metainfo.total_size += file.length;
  }
  if (metainfo.total_size == 0) return Refused(path, "there is nothing in it");
  return metainfo;
}

// All pieces hashed by a pool of its own, while the calling thread waits and tells the progress.
class Hashing {
 public:
  Hashing(std::shared_ptr<const Metainfo> metainfo, ContentFiles& content, int threads)
      : metainfo_(std::move(metainfo)),
        content_(content),
        hashes_(size_t{metainfo_->piece_count()} * Sha1Digest::kSize, '\0'),
        threads_(threads) {}

  absl::StatusOr<std::string> Run(CreateProgress progress) {
    WorkerPool workers(threads_, [this] {
      std::lock_guard lock(mutex_);
      is_ready_ = true;
      ready_.notify_one();
    });
    workers_ = &workers;
    jobs_running_ = threads_;
    for (int i = 0; i < threads_; ++i) Submit(HashSpace());
    while (jobs_running_ > 0) {
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return is_ready_; });
        is_ready_ = false;
      }
      workers.DeliverFinished(Time());
      if (failure_.ok() && !progress(bytes_done_, metainfo_->total_size)) {
        failure_ = absl::CancelledError("stopped");
      }
    }
    if (!failure_.ok()) return failure_;
    return std::move(hashes_);
  }

 private:
  class HashJob final : public WorkerPool::Job {
   public:
    HashJob(Hashing& hashing, HashSpace space) : hashing_(hashing), space_(std::move(space)) {}

    void Work() override {
      const Metainfo& metainfo = *hashing_.metainfo_;
      while (bytes_ < kBytesPerJob) {
        const uint32_t index = hashing_.next_++;
        if (index >= metainfo.piece_count()) return;
        const absl::StatusOr<Sha1Digest> hash = hashing_.content_.HashOf(PieceIndex(index), space_);
        if (!hash.ok()) {
          failure_ = hash.status();
          return;
        }
        // Each worker writes to a place of its own.
        std::copy_n(AsText(hash->view()).data(), Sha1Digest::kSize,
                    hashing_.hashes_.data() + size_t{index} * Sha1Digest::kSize);
        bytes_ += metainfo.PieceSize(PieceIndex(index));
      }
    }

    void Finish(Time) override {
      hashing_.bytes_done_ += bytes_;
      hashing_.failure_.Update(failure_);
      if (hashing_.failure_.ok() && hashing_.next_ < hashing_.metainfo_->piece_count()) {
        hashing_.Submit(std::move(space_));
      } else {
        --hashing_.jobs_running_;
      }
    }

   private:
    Hashing& hashing_;
    HashSpace space_;
    uint64_t bytes_ = 0;
    absl::Status failure_;
  };

  void Submit(HashSpace space) {
    workers_->Submit(std::make_unique<HashJob>(*this, std::move(space)));
  }

  const std::shared_ptr<const Metainfo> metainfo_;
  ContentFiles& content_;
  std::string hashes_;
  const int threads_;
  WorkerPool* workers_ = nullptr;
  std::atomic<uint32_t> next_{0};
  uint64_t bytes_done_ = 0;
  int jobs_running_ = 0;
  absl::Status failure_;

  std::mutex mutex_;
  std::condition_variable ready_;
  bool is_ready_ = false;
};

absl::Status CheckUnchanged(const ContentFiles& content) {
  FileProbe probe(content.dir());
  for (size_t i = 0; i < content.paths().size(); ++i) {
    if (probe.SizeOf(content.paths()[i]) != content.metainfo().files[i].length) {
      return absl::AbortedError(absl::StrCat(content.dir(), "/", content.paths()[i],
                                             " changed while it was being hashed"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> PickPieceLength(const CreateOptions& options, uint64_t total_size) {
  const uint32_t length =
      options.piece_length != 0 ? options.piece_length : SuggestedPieceLength(total_size);
  if (!std::has_single_bit(length) || length < kCreatePieceLengthMin || length > kPieceLengthMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a piece length of ", length,
                     " is not possible: it must be a power of two from 16Ki to 256Mi"));
  }
  if (total_size / length >= kInfoSizeMax / Sha1Digest::kSize / 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("a piece length of ", length, " is too small for so much content"));
  }
  return length;
}

}  // namespace

uint32_t SuggestedPieceLength(uint64_t total_size) {
  uint32_t length = kCreatePieceLengthMin;
  while (length < kCreatePieceLengthMax && total_size / length >= kCreatePiecesAim) length *= 2;
  return length;
}

absl::StatusOr<Created> CreateTorrent(const std::string& path, const CreateOptions& options,
                                      CreateProgress progress) {
  ASSIGN_OR_RETURN(const Place place, FindPlace(path));
  ASSIGN_OR_RETURN(Metainfo listed, ListFiles(place));
  ASSIGN_OR_RETURN(listed.piece_length, PickPieceLength(options, listed.total_size));
  listed.is_private = options.is_private;
  std::vector<std::string> paths;
  for (const FileEntry& file : listed.files) paths.push_back(file.JoinedPath());

  const int threads = options.threads > 0
                          ? options.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto shared = std::make_shared<const Metainfo>(listed);
  ContentFiles content(shared, place.dir.string(), /*read_only=*/true,
                       std::make_shared<OpenFiles>());
  content.SetNames(std::move(paths));
  ASSIGN_OR_RETURN(listed.piece_hashes, Hashing(shared, content, threads).Run(progress));
  RETURN_IF_ERROR(CheckUnchanged(content));

  ASSIGN_OR_RETURN(Metainfo metainfo, ParseInfo(AsBytes(EncodeInfo(listed))));
  metainfo.trackers = options.trackers;
  metainfo.web_seeds = options.web_seeds;
  metainfo.comment = options.comment;
  metainfo.created_by = options.created_by;
  metainfo.creation_date = options.creation_date;
  return Created{std::move(metainfo), place.dir.string()};
}

}  // namespace starling::storage
