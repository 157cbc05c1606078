#include "cli/demo_content.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/random.h"
#include "cli/files.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

namespace fs = std::filesystem;

constexpr size_t kChunk = 1 << 20;
constexpr uint64_t kNoiseSeed = 20;  // any; noise that compresses would flatter some disks

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, CloseFile>;

absl::Status Failure(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", Printable(path), ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TemporaryFolder>> TemporaryFolder::Make(uint64_t bytes_needed) {
  const char* named = std::getenv("TMPDIR");
  const std::string parent = named != nullptr && named[0] != '\0' ? AbsolutePath(named) : "/tmp";
  const std::optional<uint64_t> free = FreeSpace(parent);
  if (free.has_value() && *free < bytes_needed) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the demo needs ", FormatSize(bytes_needed), " in ", Printable(parent), ", where ",
        FormatSize(*free), " are free; choose a smaller --size or another TMPDIR"));
  }
  std::string path = parent + "/starling-demo-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return Failure("make a folder in", parent);
  // Not make_unique: the constructor is private.
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path)));
}

TemporaryFolder::~TemporaryFolder() {
  if (is_kept_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

absl::StatusOr<Sha1Digest> WriteNoise(const std::string& path, uint64_t size,
                                      const InterruptWatch& interrupts) {
  const File file(std::fopen(path.c_str(), "wbe"));
  if (file == nullptr) return Failure("write", path);
  SeededRandom random(kNoiseSeed);
  Sha1Hasher hasher;
  std::vector<std::byte> chunk(kChunk);
  for (uint64_t left = size; left > 0;) {
    RETURN_IF_ERROR(interrupts.status());
    const size_t part = static_cast<size_t>(std::min<uint64_t>(left, kChunk));
    const ByteSpan bytes(chunk.data(), part);
    random.Fill(bytes);
    hasher.Add(bytes);
    if (std::fwrite(chunk.data(), 1, part, file.get()) != part) return Failure("write", path);
    left -= part;
  }
  if (std::fflush(file.get()) != 0) return Failure("write", path);
  return hasher.Finish();
}

absl::StatusOr<Sha1Digest> HashFile(const std::string& path, const InterruptWatch& interrupts) {
  const File file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return Failure("read", path);
  Sha1Hasher hasher;
  std::vector<std::byte> chunk(kChunk);
  while (true) {
    RETURN_IF_ERROR(interrupts.status());
    const size_t got = std::fread(chunk.data(), 1, kChunk, file.get());
    hasher.Add(ByteView(chunk.data(), got));
    if (got == kChunk) continue;
    if (std::ferror(file.get()) != 0) return Failure("read", path);
    return hasher.Finish();
  }
}

}  // namespace starling::cli
