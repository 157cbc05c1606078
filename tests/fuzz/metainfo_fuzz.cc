// Any bytes as a .torrent: what is accepted must hold its promises and survive being written.
#include <cstdint>

#include "base/check.h"
#include "storage/file_names.h"
#include "storage/layout.h"
#include "storage/metainfo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  using namespace starling::storage;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)ParseInfo(bytes);
  const absl::StatusOr<Metainfo> metainfo = ParseMetainfo(bytes);
  if (!metainfo.ok()) return 0;
  const uint32_t piece_count = metainfo->piece_count();
  CHECK(piece_count > 0);
  for (const uint32_t piece : {0u, piece_count / 2, piece_count - 1}) {
    const uint32_t piece_size = metainfo->PieceSize(PieceIndex(piece));
    CHECK(piece_size <= metainfo->piece_length);
    if (metainfo->is_v2_only()) continue;
    uint64_t covered = 0;
    for (const FileSpan& span :
         SpansOf(*metainfo, PieceOffset(*metainfo, PieceIndex(piece)), piece_size)) {
      covered += span.length;
    }
    CHECK(covered == piece_size);
  }
  CHECK(SafeFileNames(*metainfo).paths.size() == metainfo->files.size());
  (void)SpelledFileNames(*metainfo);
  const std::string written = EncodeMetainfo(*metainfo);
  const absl::StatusOr<Metainfo> again = ParseMetainfo(AsBytes(written));
  CHECK(again.ok() && again->info_hash() == metainfo->info_hash());
  CHECK(EncodeMetainfo(*again) == written);
  return 0;
}
