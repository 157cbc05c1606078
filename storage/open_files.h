// Files below a download folder, opened safely and kept open in a bounded cache.
//
// A path is opened component by component, each with O_NOFOLLOW: a symbolic link below DIR, put
// there by whomever, is never followed, and only regular files are opened. DIR itself may be a
// link; it is the user's word.
//
// Opening for writing makes missing folders and the file, at its full length but sparse. A file
// with more than one hard link is replaced by a private copy before the first write, so that
// nothing (spilled blocks are unverified!) ever shows up under its other names.
//
// Everything here may be called from any thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace starling::storage {

inline constexpr size_t kOpenFilesMax = 256;

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// "cannot write to DIR/x: No space left on device", with a fitting code; never DataLoss, which is
// kept for hashes.
absl::Status DiskError(absl::string_view what, absl::string_view path, int error);

enum class Access { kRead, kWrite };

class OpenFile {
 public:
  OpenFile(Descriptor descriptor, std::string path, Access access);

  // Fills `bytes` from `offset` on; NotFound if the file ends before.
  absl::Status ReadAt(uint64_t offset, ByteSpan bytes) const;
  // Fills `bytes` if all of them are in memory already, so that nothing waits for a disk. False:
  // they are not, or the system cannot tell, and `bytes` hold anything.
  bool ReadCachedAt(uint64_t offset, ByteSpan bytes) const;
  // Writes all `parts` one after the other, in as few system calls as possible.
  absl::Status WriteAt(uint64_t offset, std::span<const ByteView> parts) const;
  // Is nothing but a hole there, which reads as zeros? False if the file system cannot tell.
  bool IsHole(uint64_t offset, uint64_t length) const;
  uint64_t size() const;
  bool writable() const { return access_ == Access::kWrite; }

 private:
  Descriptor descriptor_;
  std::string path_;  // for messages
  Access access_;
  bool in_memory_;  // it lies on a file system that has no disk
};

// Which file of which store.
struct FileKey {
  uint64_t owner = 0;
  uint32_t file = 0;
  bool operator==(const FileKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const FileKey& key) {
    return H::combine(std::move(h), key.owner, key.file);
  }
};

// Where a file lies and what it is to be when it has to be made.
struct FileLocation {
  absl::string_view dir;   // the download folder
  absl::string_view path;  // below it, components joined with '/', made safe
  uint64_t length = 0;
  bool executable = false;
};

class OpenFiles {
 public:
  explicit OpenFiles(size_t open_max = kOpenFilesMax) : open_max_(open_max) {}

  // A number for FileKey::owner.
  uint64_t NewOwner();
  // The file stays open for as long as the pointer is held, whatever the cache does. Reading what
  // does not exist is NotFound; what is no regular file, or lies behind a link, is an error.
  absl::StatusOr<std::shared_ptr<const OpenFile>> Open(const FileKey& key,
                                                       const FileLocation& location, Access access);
  // The file if it is open already, else null. Never waits for a disk.
  std::shared_ptr<const OpenFile> Find(const FileKey& key, Access access);
  // Closes the files of `owner`.
  void Forget(uint64_t owner);
  size_t open_count() const;

 private:
  using Entry = std::pair<FileKey, std::shared_ptr<const OpenFile>>;

  void Insert(const FileKey& key, std::shared_ptr<const OpenFile> file);
  void CloseAll();

  const size_t open_max_;
  mutable std::mutex mutex_;
  std::mutex prepare_mutex_;  // one file at a time is made ready for its first write
  uint64_t next_owner_ = 1;
  std::list<Entry> recent_;  // most recently used first
  absl::flat_hash_map<FileKey, std::list<Entry>::iterator> index_;
};

// Looks at the files of one folder one after the other: cheap when neighbours share a folder, and
// when none of it exists. Not thread-safe.
class FileProbe {
 public:
  explicit FileProbe(std::string dir) : dir_(std::move(dir)) {}
  // The size of the regular file at `path` below the folder, reached without following a link.
  std::optional<uint64_t> SizeOf(absl::string_view path);

 private:
  std::string dir_;
  std::optional<std::string> parent_;  // the folder of the last path
  Descriptor parent_descriptor_;       // invalid: it does not exist
};

// Makes sure that `dir` is a folder that may be entered; makes it, and those above it, if `create`.
absl::Status PrepareFolder(const std::string& dir, bool create);
// May files be made in `dir`? The error is what to tell the user.
absl::Status CheckWritable(const std::string& dir);

}  // namespace starling::storage
