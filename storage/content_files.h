// The content of one torrent as one range of bytes over its files. Knows which file has which name,
// what lies there, and skips padding. Everything but PickNames() and SetNames() may be called from
// any thread; all but ReadCached() may wait for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/id.h"
#include "storage/layout.h"
#include "storage/metainfo.h"
#include "storage/open_files.h"

namespace starling::storage {

// What HashOf() works with, from one piece to the next: a buffer large enough that reading costs
// little and small enough to stay in the cache, and the hash of a whole piece of zeros once known.
struct HashSpace {
  static constexpr size_t kSize = 256 << 10;
  Buffer bytes{kSize};
  std::optional<Sha1Digest> zeros_hash;
};

class ContentFiles {
 public:
  ContentFiles(std::shared_ptr<const Metainfo> metainfo, std::string dir, bool read_only,
               std::shared_ptr<OpenFiles> files);
  ~ContentFiles();
  ContentFiles(const ContentFiles&) = delete;
  ContentFiles& operator=(const ContentFiles&) = delete;

  // Gives the files their names: safe ones, unless all files that a safe name would rename lie
  // there under the very names that the torrent spells. Call first, and once.
  void PickNames();
  // Instead: uses these paths, one a file.
  void SetNames(std::vector<std::string> paths) { paths_ = std::move(paths); }

  // The pieces whose files exist and are long enough: the others cannot be good.
  std::vector<PieceIndex> PiecesToCheck() const;
  // Makes the `wanted` files that have no content, since no piece ever will.
  absl::Status MakeEmptyFiles(const std::vector<bool>& wanted) const;
  // The `wanted` files that were longer before: what lies there is not only what the torrent has.
  std::vector<FileIndex> TooLong(const std::vector<bool>& wanted) const;
  // Makes the file, or cuts it, to be as long as it should.
  absl::Status SetLength(FileIndex file) const { return Open(file, Access::kWrite).status(); }

  // The range must lie inside the content. Padding reads as zeros; a missing or short file is
  // NotFound.
  absl::Status Read(uint64_t offset, ByteSpan bytes) const;
  // As Read(), but only if that waits for no disk: the files are open and the bytes in memory.
  // False: not so, and `bytes` hold anything.
  bool ReadCached(uint64_t offset, ByteSpan bytes) const;
  // Writes `parts` one after the other from `offset` on.
  absl::Status Write(uint64_t offset, std::span<const ByteView> parts) const;
  // The SHA-1 of what lies there. Of one torrent to the next, `space` must be a new one.
  absl::StatusOr<Sha1Digest> HashOf(PieceIndex piece, HashSpace& space) const;

  const Metainfo& metainfo() const { return *metainfo_; }
  const std::string& dir() const { return dir_; }
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  absl::StatusOr<std::shared_ptr<const OpenFile>> Open(FileIndex file, Access access) const;
  bool AllHoles(const FileSpans& spans) const;
  Sha1Digest HashOfZeros(uint32_t size, HashSpace& space) const;

  const std::shared_ptr<const Metainfo> metainfo_;
  const std::string dir_;
  const bool read_only_;
  const std::shared_ptr<OpenFiles> files_;
  const uint64_t owner_;
  std::vector<std::string> paths_;
};

}  // namespace starling::storage
