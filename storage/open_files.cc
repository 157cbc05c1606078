#include "storage/open_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace starling::storage {
namespace {

constexpr size_t kPartsMax = 1024;  // of one pwritev: IOV_MAX of Linux
constexpr int kOpenFlags = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

template <class Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::string Joined(absl::string_view dir, absl::string_view path) {
  return absl::StrCat(dir, absl::string_view(dir).empty() || dir.back() == '/' ? "" : "/", path);
}

// Splits "a/b/c" into "a/b" and "c".
std::pair<absl::string_view, absl::string_view> SplitLast(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return {absl::string_view(), path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// Opens the folder at `path` below `dir`, one component after the other, following no link; makes
// what is missing if `create`. errno tells why not.
Descriptor OpenFolder(absl::string_view dir, absl::string_view path, bool create) {
  const std::string top = dir.empty() ? std::string(".") : std::string(dir);
  Descriptor folder(Retry([&] { return open(top.c_str(), kFolderFlags); }));
  while (folder.valid() && !path.empty()) {
    const size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    path = slash == absl::string_view::npos ? absl::string_view() : path.substr(slash + 1);
    const auto open_next = [&] {
      return Descriptor(
          Retry([&] { return openat(folder.get(), name.c_str(), kFolderFlags | O_NOFOLLOW); }));
    };
    Descriptor next = open_next();
    if (!next.valid() && errno == ENOENT && create) {
      if (mkdirat(folder.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return Descriptor();
      next = open_next();
    }
    folder = std::move(next);
  }
  return folder;
}

absl::Status OpenError(absl::string_view what, absl::string_view path, int error) {
  if (error == ELOOP || error == ENOTDIR) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, " ", path, ": a symbolic link or a file stands in its way"));
  }
  return DiskError(what, path, error);
}

// Copies the data of one file into another, holes left out.
bool CopyContent(int from, int to, off_t size) {
  for (off_t at = 0; at < size;) {
    off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0) return errno == ENXIO && ftruncate(to, size) == 0;
    off_t end = std::min(lseek(from, data, SEEK_HOLE), size);
    for (off_t target = data; data < end;) {
      const ssize_t copied = Retry([&] {
        return copy_file_range(from, &data, to, &target, static_cast<size_t>(end - data), 0);
      });
      if (copied < 0) return false;
      if (copied == 0) return ftruncate(to, size) == 0;  // it became shorter meanwhile
    }
    at = end;
  }
  return ftruncate(to, size) == 0;
}

// Puts a private copy in the place of `name`, whose content other names share.
Descriptor ReplaceByCopy(int folder, const std::string& name, const Descriptor& shared,
                         const struct stat& status) {
  const std::string copy_name = absl::StrCat(".starling-", getpid(), "-", status.st_ino, ".tmp");
  Descriptor copy(Retry([&] {
    return openat(folder, copy_name.c_str(), O_RDWR | O_CREAT | O_EXCL | kOpenFlags,
                  status.st_mode & 0777);
  }));
  if (!copy.valid()) return copy;
  if (CopyContent(shared.get(), copy.get(), status.st_size) &&
      renameat(folder, copy_name.c_str(), folder, name.c_str()) == 0) {
    return copy;
  }
  const int error = errno;
  unlinkat(folder, copy_name.c_str(), 0);
  errno = error;
  return Descriptor();
}

// Opens the file for writing and makes it ready: regular, ours alone, and of full length.
absl::StatusOr<Descriptor> OpenForWriting(const FileLocation& location, const std::string& full) {
  constexpr absl::string_view kWhat = "cannot write to";
  const auto [parent, last] = SplitLast(location.path);
  const std::string name(last);
  const Descriptor folder = OpenFolder(location.dir, parent, true);
  if (!folder.valid()) return OpenError(kWhat, full, errno);
  const mode_t mode = location.executable ? 0777 : 0666;
  Descriptor file(Retry(
      [&] { return openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | kOpenFlags, mode); }));
  if (!file.valid()) return OpenError(kWhat, full, errno);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return DiskError(kWhat, full, errno);
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(kWhat, " ", full, ": it is no regular file"));
  }
  if (status.st_nlink > 1) {
    file = ReplaceByCopy(folder.get(), name, file, status);
    if (!file.valid()) return DiskError(kWhat, full, errno);
  }
  if (static_cast<uint64_t>(status.st_size) != location.length &&
      Retry([&] { return ftruncate(file.get(), static_cast<off_t>(location.length)); }) != 0) {
    return DiskError(kWhat, full, errno);
  }
  return file;
}

absl::StatusOr<Descriptor> OpenForReading(const FileLocation& location, const std::string& full) {
  constexpr absl::string_view kWhat = "cannot read";
  const auto [parent, last] = SplitLast(location.path);
  const std::string name(last);
  const Descriptor folder = OpenFolder(location.dir, parent, false);
  if (!folder.valid()) return OpenError(kWhat, full, errno);
  Descriptor file(Retry([&] { return openat(folder.get(), name.c_str(), O_RDONLY | kOpenFlags); }));
  if (!file.valid()) return OpenError(kWhat, full, errno);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return DiskError(kWhat, full, errno);
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(kWhat, " ", full, ": it is no regular file"));
  }
  return file;
}

bool HasNoDisk(int file) {
  struct statfs system;
  return fstatfs(file, &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::Status DiskError(absl::string_view what, absl::string_view path, int error) {
  absl::StatusCode code = absl::ErrnoToStatusCode(error);
  if (code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kOk) {
    code = absl::StatusCode::kUnavailable;
  }
  return absl::Status(code,
                      absl::StrCat(what, " ", path, ": ", std::generic_category().message(error)));
}

absl::Status OpenFile::ReadAt(uint64_t offset, ByteSpan bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = Retry([&] {
      return pread(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (got < 0) return DiskError("cannot read", path_, errno);
    if (got == 0) {
      return absl::NotFoundError(absl::StrCat("cannot read ", path_, ": it is too short"));
    }
    offset += static_cast<uint64_t>(got);
    bytes = bytes.subspan(static_cast<size_t>(got));
  }
  return absl::OkStatus();
}

OpenFile::OpenFile(Descriptor descriptor, std::string path, Access access)
    : descriptor_(std::move(descriptor)),
      path_(std::move(path)),
      access_(access),
      in_memory_(HasNoDisk(descriptor_.get())) {}

bool OpenFile::ReadCachedAt(uint64_t offset, ByteSpan bytes) const {
  const iovec space{bytes.data(), bytes.size()};
  // Where there is no disk nothing can wait for one, and the kernel does not know the flag.
  const int flags = in_memory_ ? 0 : RWF_NOWAIT;
  return preadv2(descriptor_.get(), &space, 1, static_cast<off_t>(offset), flags) ==
         static_cast<ssize_t>(bytes.size());
}

absl::Status OpenFile::WriteAt(uint64_t offset, std::span<const ByteView> parts) const {
  CHECK(writable());
  std::array<iovec, kPartsMax> vectors;
  size_t skip = 0;  // of the first part, written already
  while (!parts.empty()) {
    const size_t count = std::min(parts.size(), kPartsMax);
    for (size_t i = 0; i < count; ++i) {
      const ByteView part = i == 0 ? parts[0].subspan(skip) : parts[i];
      vectors[i] = {const_cast<std::byte*>(part.data()), part.size()};
    }
    const ssize_t put = Retry([&] {
      return pwritev(descriptor_.get(), vectors.data(), static_cast<int>(count),
                     static_cast<off_t>(offset));
    });
    if (put < 0) return DiskError("cannot write to", path_, errno);
    offset += static_cast<uint64_t>(put);
    skip += static_cast<size_t>(put);
    while (!parts.empty() && skip >= parts[0].size()) {
      skip -= parts[0].size();
      parts = parts.subspan(1);
    }
    if (put == 0 && !parts.empty()) return DiskError("cannot write to", path_, ENOSPC);
  }
  return absl::OkStatus();
}

bool OpenFile::IsHole(uint64_t offset, uint64_t length) const {
  const off_t data = lseek(descriptor_.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO && offset + length <= size();
  return static_cast<uint64_t>(data) >= offset + length;
}

uint64_t OpenFile::size() const {
  struct stat status;
  return fstat(descriptor_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

uint64_t OpenFiles::NewOwner() {
  std::lock_guard lock(mutex_);
  return next_owner_++;
}

absl::StatusOr<std::shared_ptr<const OpenFile>> OpenFiles::Open(const FileKey& key,
                                                                const FileLocation& location,
                                                                Access access) {
  if (std::shared_ptr<const OpenFile> file = Find(key, access)) return file;
  // Opening may wait for a disk, so the cache is not locked meanwhile. But only one at a time makes
  // files ready for writing: a private copy must not be made twice.
  std::unique_lock prepare(prepare_mutex_, std::defer_lock);
  if (access == Access::kWrite) {
    prepare.lock();
    if (std::shared_ptr<const OpenFile> file = Find(key, access)) return file;
  }
  const std::string full = Joined(location.dir, location.path);
  const auto open_now = [&] {
    return access == Access::kWrite ? OpenForWriting(location, full)
                                    : OpenForReading(location, full);
  };
  absl::StatusOr<Descriptor> descriptor = open_now();
  if (absl::IsResourceExhausted(descriptor.status())) {  // Out of descriptors, perhaps: give ours.
    CloseAll();
    descriptor = open_now();
  }
  if (!descriptor.ok()) return descriptor.status();
  auto file = std::make_shared<const OpenFile>(*std::move(descriptor), full, access);
  Insert(key, file);
  return file;
}

std::shared_ptr<const OpenFile> OpenFiles::Find(const FileKey& key, Access access) {
  std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  if (access == Access::kWrite && !found->second->second->writable()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void OpenFiles::Insert(const FileKey& key, std::shared_ptr<const OpenFile> file) {
  std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found != index_.end()) {
    // A reader that raced with a writer must not put the old file back into its place.
    if (!found->second->second->writable()) found->second->second = std::move(file);
    return;
  }
  recent_.emplace_front(key, std::move(file));
  index_[key] = recent_.begin();
  if (recent_.size() > open_max_) {
    index_.erase(recent_.back().first);
    recent_.pop_back();
  }
}

void OpenFiles::Forget(uint64_t owner) {
  std::lock_guard lock(mutex_);
  for (auto at = recent_.begin(); at != recent_.end();) {
    const auto next = std::next(at);
    if (at->first.owner == owner) {
      index_.erase(at->first);
      recent_.erase(at);
    }
    at = next;
  }
}

void OpenFiles::CloseAll() {
  std::lock_guard lock(mutex_);
  index_.clear();
  recent_.clear();
}

size_t OpenFiles::open_count() const {
  std::lock_guard lock(mutex_);
  return recent_.size();
}

std::optional<uint64_t> FileProbe::SizeOf(absl::string_view path) {
  const auto [parent, name] = SplitLast(path);
  if (parent_ != absl::string_view(parent)) {
    parent_ = std::string(parent);
    parent_descriptor_ = OpenFolder(dir_, parent, false);
  }
  struct stat status;
  if (!parent_descriptor_.valid() ||
      fstatat(parent_descriptor_.get(), std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
          0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(status.st_size);
}

absl::Status PrepareFolder(const std::string& dir, bool create) {
  std::error_code error;
  if (create) std::filesystem::create_directories(dir, error);
  if (error) return DiskError("cannot make folder", dir, error.value());
  struct stat status;
  if (stat(dir.c_str(), &status) != 0) return DiskError("cannot open folder", dir, errno);
  if (!S_ISDIR(status.st_mode)) return DiskError("cannot open folder", dir, ENOTDIR);
  if (faccessat(AT_FDCWD, dir.c_str(), X_OK, AT_EACCESS) != 0) {
    return DiskError("cannot open folder", dir, errno);
  }
  return absl::OkStatus();
}

absl::Status CheckWritable(const std::string& dir) {
  if (faccessat(AT_FDCWD, dir.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return DiskError("cannot write to", dir, errno);
  }
  return absl::OkStatus();
}

}  // namespace starling::storage
