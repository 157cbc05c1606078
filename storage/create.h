// Makes a torrent (BEP 3) from a file or a folder: lists the files, picks a piece length, hashes
// with all cores. Blocks until it is done; progress is told on the calling thread.
//
// The order of files is that of their paths, byte by byte and component by component, so the same
// folder always gives the same info-hash. Symbolic links and special files inside a folder are an
// error, not skipped: a torrent that silently lacks them would not be what the user asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "storage/metainfo.h"

namespace starling::storage {

inline constexpr uint32_t kCreatePieceLengthMin = 16 << 10;
inline constexpr uint32_t kCreatePieceLengthMax = 16 << 20;  // of those picked by itself
inline constexpr uint64_t kCreatePiecesAim = 2000;           // at most; at least half of it

struct CreateOptions {
  uint32_t piece_length = 0;  // 0: SuggestedPieceLength; else a power of two, at least 16 KiB
  std::vector<std::vector<std::string>> trackers;  // tiers
  std::vector<std::string> web_seeds;
  bool is_private = false;
  std::string comment;
  std::string created_by;
  std::optional<int64_t> creation_date;  // seconds since 1970
  int threads = 0;                       // 0: one a core
};

struct Created {
  Metainfo metainfo;
  std::string dir;  // the absolute folder in which the content lies: StoreOptions::dir to seed it
};

// Called now and then, and at the end; false gives up (the result is Cancelled).
using CreateProgress = absl::FunctionRef<bool(uint64_t bytes_done, uint64_t bytes_total)>;

// A power of two that cuts `total_size` into 1,000 to 2,000 pieces, within the limits above.
uint32_t SuggestedPieceLength(uint64_t total_size);

absl::StatusOr<Created> CreateTorrent(const std::string& path, const CreateOptions& options,
                                      CreateProgress progress);

}  // namespace starling::storage
