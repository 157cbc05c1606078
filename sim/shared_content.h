// The one copy of a torrent's content in a simulated world, made from a seed, with the real
// Metainfo that hashes it. Every simulated disk that has a piece refers to these bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "storage/magnet.h"
#include "storage/metainfo.h"
#include "storage/piece_store.h"

namespace starling::sim {

struct ContentOptions {
  uint64_t seed = 1;
  uint64_t size = 1 << 20;
  uint32_t piece_length = 64 * 1024;
  std::string name = "content";
  // Paths and lengths, which add up to `size`; empty: a single file.
  std::vector<std::pair<std::vector<std::string>, uint64_t>> files;
  bool is_private = false;
  std::vector<std::vector<std::string>> trackers;
};

class SharedContent {
 public:
  explicit SharedContent(const ContentOptions& options);

  const std::shared_ptr<const storage::Metainfo>& metainfo() const { return metainfo_; }
  const InfoHash& info_hash() const { return info_hash_; }
  storage::Magnet magnet() const { return storage::MagnetOf(*metainfo_); }
  uint64_t size() const { return metainfo_->total_size; }

  Slice Bytes(uint64_t from, uint64_t size) const { return buffer_.Sub(from, size); }
  // The bytes that a request names; empty if it reaches outside of its piece.
  Slice Block(const storage::BlockRequest& request) const;
  // Are `blocks` this piece? Canonical slices are known by their address, all others are hashed.
  bool Verifies(PieceIndex piece, const std::vector<Payload>& blocks) const;

 private:
  uint64_t OffsetOf(PieceIndex piece) const {
    return uint64_t{piece.value()} * metainfo_->piece_length;
  }
  bool IsCanonical(PieceIndex piece, const std::vector<Payload>& blocks) const;

  Buffer buffer_;
  std::shared_ptr<const storage::Metainfo> metainfo_;
  InfoHash info_hash_;
};

}  // namespace starling::sim
