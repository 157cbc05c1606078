#include "storage/content_files.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "storage/file_names.h"

namespace starling::storage {
namespace {

constexpr size_t kZerosSize = 64 << 10;
constexpr std::array<std::byte, kZerosSize> kZeros{};

void AddZeros(Sha1Hasher& hasher, uint64_t size) {
  while (size > 0) {
    const size_t part = std::min<uint64_t>(size, kZerosSize);
    hasher.Add(ByteView(kZeros).first(part));
    size -= part;
  }
}

// Deals out a row of parts by length, as files need them.
class PartDealer {
 public:
  explicit PartDealer(std::span<const ByteView> parts) : parts_(parts) {}

  // The next `length` bytes; what is returned lasts until the next call.
  std::span<const ByteView> Take(uint64_t length) {
    dealt_.clear();
    while (length > 0) {
      const ByteView rest = parts_[next_].subspan(used_);
      const size_t size = std::min<uint64_t>(length, rest.size());
      if (size > 0) dealt_.push_back(rest.first(size));
      length -= size;
      used_ += size;
      if (used_ == parts_[next_].size()) {
        ++next_;
        used_ = 0;
      }
    }
    return dealt_;
  }

 private:
  std::span<const ByteView> parts_;
  size_t next_ = 0;
  size_t used_ = 0;  // of parts_[next_]
  std::vector<ByteView> dealt_;
};

}  // namespace

ContentFiles::ContentFiles(std::shared_ptr<const Metainfo> metainfo, std::string dir,
                           bool read_only, std::shared_ptr<OpenFiles> files)
    : metainfo_(std::move(metainfo)),
      dir_(std::move(dir)),
      read_only_(read_only),
      files_(std::move(files)),
      owner_(files_->NewOwner()) {}

ContentFiles::~ContentFiles() { files_->Forget(owner_); }

void ContentFiles::PickNames() {
  FileNames names = SafeFileNames(*metainfo_);
  paths_ = std::move(names.paths);
  if (!names.renamed) return;
  std::vector<std::string> spelled = SpelledFileNames(*metainfo_);
  if (spelled.empty()) return;
  FileProbe probe(dir_);
  for (size_t i = 0; i < spelled.size(); ++i) {
    if (spelled[i] != paths_[i] && !probe.SizeOf(spelled[i]).has_value()) return;
  }
  paths_ = std::move(spelled);
}

std::vector<PieceIndex> ContentFiles::PiecesToCheck() const {
  const uint32_t piece_count = metainfo_->piece_count();
  std::vector<bool> possible(piece_count, true);
  bool any_exists = false;
  FileProbe probe(dir_);
  for (size_t i = 0; i < paths_.size(); ++i) {
    const FileEntry& file = metainfo_->files[i];
    if (paths_[i].empty() || file.length == 0) continue;
    const uint64_t size = probe.SizeOf(paths_[i]).value_or(0);
    any_exists = any_exists || size > 0;
    if (size >= file.length) continue;
    const PieceRange range = PiecesOfFile(*metainfo_, FileIndex(static_cast<uint32_t>(i)));
    const auto first_cut = static_cast<uint32_t>((file.offset + size) / metainfo_->piece_length);
    std::fill(possible.begin() + first_cut, possible.begin() + range.end, false);
  }
  std::vector<PieceIndex> pieces;
  for (uint32_t piece = 0; any_exists && piece < piece_count; ++piece) {
    if (possible[piece]) pieces.emplace_back(piece);
  }
  return pieces;
}

absl::Status ContentFiles::MakeEmptyFiles(const std::vector<bool>& wanted) const {
  FileProbe probe(dir_);
  for (uint32_t i = 0; i < paths_.size(); ++i) {
    if (paths_[i].empty() || metainfo_->files[i].length > 0) continue;
    if (!wanted.empty() && !(i < wanted.size() && wanted[i])) continue;
    if (probe.SizeOf(paths_[i]).has_value()) continue;
    RETURN_IF_ERROR(Open(FileIndex(i), Access::kWrite).status());
  }
  return absl::OkStatus();
}

std::vector<FileIndex> ContentFiles::TooLong(const std::vector<bool>& wanted) const {
  std::vector<FileIndex> files;
  FileProbe probe(dir_);
  for (uint32_t i = 0; i < paths_.size(); ++i) {
    if (paths_[i].empty() || (!wanted.empty() && !(i < wanted.size() && wanted[i]))) continue;
    if (probe.SizeOf(paths_[i]).value_or(0) > metainfo_->files[i].length) files.emplace_back(i);
  }
  return files;
}

absl::Status ContentFiles::Read(uint64_t offset, ByteSpan bytes) const {
  for (const FileSpan& span : SpansOf(*metainfo_, offset, bytes.size())) {
    const ByteSpan part = bytes.first(span.length);
    bytes = bytes.subspan(span.length);
    if (metainfo_->files[span.file.value()].is_padding()) {
      std::memset(part.data(), 0, part.size());
      continue;
    }
    ASSIGN_OR_RETURN(const auto file, Open(span.file, Access::kRead));
    RETURN_IF_ERROR(file->ReadAt(span.offset, part));
  }
  return absl::OkStatus();
}

bool ContentFiles::ReadCached(uint64_t offset, ByteSpan bytes) const {
  for (const FileSpan& span : SpansOf(*metainfo_, offset, bytes.size())) {
    const ByteSpan part = bytes.first(span.length);
    bytes = bytes.subspan(span.length);
    if (metainfo_->files[span.file.value()].is_padding()) {
      std::memset(part.data(), 0, part.size());
      continue;
    }
    const auto file = files_->Find(FileKey{owner_, span.file.value()}, Access::kRead);
    if (file == nullptr || !file->ReadCachedAt(span.offset, part)) return false;
  }
  return true;
}

absl::Status ContentFiles::Write(uint64_t offset, std::span<const ByteView> parts) const {
  uint64_t size = 0;
  for (const ByteView part : parts) size += part.size();
  PartDealer dealer(parts);
  for (const FileSpan& span : SpansOf(*metainfo_, offset, size)) {
    const bool is_all = span.length == size;
    const std::span<const ByteView> own_parts = is_all ? parts : dealer.Take(span.length);
    if (metainfo_->files[span.file.value()].is_padding()) continue;
    ASSIGN_OR_RETURN(const auto file, Open(span.file, Access::kWrite));
    RETURN_IF_ERROR(file->WriteAt(span.offset, own_parts));
  }
  return absl::OkStatus();
}

absl::StatusOr<Sha1Digest> ContentFiles::HashOf(PieceIndex piece, HashSpace& space) const {
  const uint32_t size = metainfo_->PieceSize(piece);
  const FileSpans spans = SpansOf(*metainfo_, PieceOffset(*metainfo_, piece), size);
  if (AllHoles(spans)) return HashOfZeros(size, space);
  Sha1Hasher hasher;
  for (const FileSpan& span : spans) {
    if (metainfo_->files[span.file.value()].is_padding()) {
      AddZeros(hasher, span.length);
      continue;
    }
    ASSIGN_OR_RETURN(const auto file, Open(span.file, Access::kRead));
    for (uint64_t done = 0; done < span.length;) {
      const ByteSpan part(space.bytes.data(),
                          std::min<uint64_t>(HashSpace::kSize, span.length - done));
      RETURN_IF_ERROR(file->ReadAt(span.offset + done, part));
      hasher.Add(part);
      done += part.size();
    }
  }
  return hasher.Finish();
}

absl::StatusOr<std::shared_ptr<const OpenFile>> ContentFiles::Open(FileIndex file,
                                                                   Access access) const {
  const FileEntry& entry = metainfo_->files[file.value()];
  const std::string& path = paths_[file.value()];
  if (path.empty()) return absl::NotFoundError("a symbolic link of the torrent has no content");
  if (access == Access::kWrite && read_only_) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write to ", dir_, "/", path, ": it is only read from"));
  }
  const FileLocation location{dir_, path, entry.length, entry.is_executable()};
  return files_->Open(FileKey{owner_, file.value()}, location, access);
}

// Sparse files of a download that has just begun are mostly holes. Those need neither reading nor
// hashing, and are had only if the torrent's own piece is all zeros.
bool ContentFiles::AllHoles(const FileSpans& spans) const {
  for (const FileSpan& span : spans) {
    if (metainfo_->files[span.file.value()].is_padding()) continue;
    const auto file = Open(span.file, Access::kRead);
    if (!file.ok() || !(*file)->IsHole(span.offset, span.length)) return false;
  }
  return true;
}

Sha1Digest ContentFiles::HashOfZeros(uint32_t size, HashSpace& space) const {
  const auto hash = [](uint32_t length) {
    Sha1Hasher hasher;
    AddZeros(hasher, length);
    return hasher.Finish();
  };
  if (size != metainfo_->piece_length) return hash(size);
  if (!space.zeros_hash.has_value()) space.zeros_hash = hash(size);
  return *space.zeros_hash;
}

}  // namespace starling::storage
