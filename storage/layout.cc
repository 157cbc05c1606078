#include "storage/layout.h"

#include <algorithm>

#include "base/check.h"

namespace starling::storage {
namespace {

// The file that holds the byte at `offset`: the first one that ends behind it.
size_t FileAt(const std::vector<FileEntry>& files, uint64_t offset) {
  const auto after = std::upper_bound(
      files.begin(), files.end(), offset,
      [](uint64_t at, const FileEntry& file) { return at < file.offset + file.length; });
  return static_cast<size_t>(after - files.begin());
}

}  // namespace

uint64_t PieceOffset(const Metainfo& metainfo, PieceIndex piece) {
  return uint64_t{piece.value()} * metainfo.piece_length;
}

FileSpans SpansOf(const Metainfo& metainfo, uint64_t offset, uint64_t length) {
  CHECK(offset <= metainfo.total_size && length <= metainfo.total_size - offset);
  FileSpans spans;
  for (size_t i = FileAt(metainfo.files, offset); length > 0; ++i) {
    const FileEntry& file = metainfo.files[i];
    if (file.length == 0) continue;
    const uint64_t from = offset - file.offset;
    const uint64_t part = std::min(length, file.length - from);
    spans.push_back({FileIndex(static_cast<uint32_t>(i)), from, part});
    offset += part;
    length -= part;
  }
  return spans;
}

PieceRange PiecesOfFile(const Metainfo& metainfo, FileIndex file) {
  const FileEntry& entry = metainfo.files[file.value()];
  const auto piece_at = [&](uint64_t offset) {
    return static_cast<uint32_t>(offset / metainfo.piece_length);
  };
  if (entry.length == 0) return {piece_at(entry.offset), piece_at(entry.offset)};
  return {piece_at(entry.offset), piece_at(entry.offset + entry.length - 1) + 1};
}

Bitfield PiecesOfFiles(const Metainfo& metainfo, const std::vector<bool>& wanted) {
  if (wanted.empty()) return Bitfield(metainfo.piece_count(), true);
  Bitfield pieces(metainfo.piece_count());
  for (size_t i = 0; i < metainfo.files.size() && i < wanted.size(); ++i) {
    if (!wanted[i] || metainfo.files[i].is_padding()) continue;
    const PieceRange range = PiecesOfFile(metainfo, FileIndex(static_cast<uint32_t>(i)));
    for (uint32_t piece = range.begin; piece < range.end; ++piece) pieces.Set(PieceIndex(piece));
  }
  return pieces;
}

}  // namespace starling::storage
