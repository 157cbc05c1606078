// Where the content of a torrent lies: pieces on one side, files on the other. Pure functions of a
// Metainfo. Content is all files one after the other, padding included (BEP 3, BEP 47), cut into
// pieces of equal length. For torrents with v1 hashes; in v2 each file starts its own piece.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/bitfield.h"
#include "base/strong_int.h"
#include "storage/metainfo.h"

namespace starling::storage {

// A part of one file. Never empty.
struct FileSpan {
  FileIndex file;
  uint64_t offset = 0;  // in the file
  uint64_t length = 0;
  bool operator==(const FileSpan&) const = default;
};
using FileSpans = absl::InlinedVector<FileSpan, 2>;

// Pieces [begin, end).
struct PieceRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const PieceRange&) const = default;
};

// Where a piece starts in the content.
uint64_t PieceOffset(const Metainfo& metainfo, PieceIndex piece);
// The files that hold `length` bytes of content from `offset` on, in order, padding files included.
// The range must lie inside the content.
FileSpans SpansOf(const Metainfo& metainfo, uint64_t offset, uint64_t length);
// The pieces that hold at least a byte of `file`; none for an empty file.
PieceRange PiecesOfFile(const Metainfo& metainfo, FileIndex file);
// The pieces that are needed to have all `wanted` files; an empty vector means every file.
Bitfield PiecesOfFiles(const Metainfo& metainfo, const std::vector<bool>& wanted);

}  // namespace starling::storage
