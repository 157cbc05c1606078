#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

namespace fs = std::filesystem;

absl::Status Failure(absl::string_view what, absl::string_view path, int error) {
  const std::string message =
      absl::StrCat("cannot ", what, " ", Printable(path), ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

absl::Status WriteAll(int file, absl::string_view path, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failure("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(file) == 0 ? absl::OkStatus() : Failure("write", path, errno);
}

// Of the file itself, not of a link to it. Renaming onto a device or a pipe would put a file in its
// place.
absl::Status CheckReplaceable(const std::string& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(path), " is a link to nothing"));
  }
  if (!fs::exists(path, error) || fs::is_regular_file(path, error)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(Printable(path), " is not a regular file"));
}

// The file itself where `path` is a link to it, so that a rename replaces the file and not the
// link.
std::string ThroughLinks(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const fs::path file = fs::canonical(path, error);
  return error ? path : file.string();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t size_max) {
  // Not blocking, so that a named pipe cannot hang us.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return Failure("read", path, errno);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return Failure("read", path, errno);
  if (S_ISDIR(facts.st_mode)) return Failure("read", path, EISDIR);
  if (!S_ISREG(facts.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(path), " is not a regular file"));
  }
  std::string bytes;
  std::string part(64 * 1024, '\0');
  while (bytes.size() <= size_max) {
    const ssize_t got = ::read(file.number(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure("read", path, errno);
    if (got == 0) return bytes;
    bytes.append(part, 0, static_cast<size_t>(got));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat(Printable(path), " is larger than the ", size_max, " bytes that are allowed"));
}

absl::Status WriteFileAtomically(const std::string& named, absl::string_view bytes) {
  const std::string path = ThroughLinks(named);
  RETURN_IF_ERROR(CheckReplaceable(path));
  std::string temporary = path + ".XXXXXX";
  {
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.number() < 0) return Failure("write", path, errno);
    // mkostemp makes private files; these are as readable as any other that the user makes.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file.number(), 0666 & ~mask);
    if (absl::Status status = WriteAll(file.number(), path, bytes); !status.ok()) {
      ::unlink(temporary.c_str());
      return status;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return Failure("write", path, error);
  }
  return absl::OkStatus();
}

absl::Status CheckWritableFile(const std::string& named) {
  const std::string path = ThroughLinks(named);
  RETURN_IF_ERROR(CheckReplaceable(path));
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return Failure("write", path, errno);
  ::unlink(temporary.c_str());
  return absl::OkStatus();
}

absl::Status MakeWritableFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error && !fs::is_directory(path)) return Failure("make folder", path, error.value());
  if (!fs::is_directory(path, error)) return Failure("use folder", path, ENOTDIR);
  if (::access(path.c_str(), W_OK | X_OK) != 0) return Failure("write to folder", path, errno);
  return absl::OkStatus();
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool PathExists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::optional<uint64_t> FreeSpace(const std::string& path) {
  struct statvfs facts {};
  if (::statvfs(path.c_str(), &facts) != 0) return std::nullopt;
  return static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize;
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return path;
  if (!absolute.has_filename() && absolute.has_relative_path()) absolute = absolute.parent_path();
  return absolute.string();
}

std::string ParentFolder(const std::string& absolute_path) {
  return fs::path(absolute_path).parent_path().string();
}

std::string LastName(const std::string& path) {
  return fs::path(AbsolutePath(path)).filename().string();
}

}  // namespace starling::cli
