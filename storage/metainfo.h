// What a .torrent file says (BEP 3), with private flag (BEP 27), padding and attributes (BEP 47),
// tracker tiers (BEP 12), web seeds (BEP 19), DHT nodes (BEP 5) and the v2 keys (BEP 52), which
// are read and shown.
//
// A Metainfo is a checked value: sizes add up, every piece has its hash, limits hold. Names are
// kept as the torrent spells them; `storage/file_names` makes them safe for a disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "base/id.h"
#include "base/strong_int.h"

namespace starling::storage {

inline constexpr size_t kMetainfoSizeMax = 64 << 20;  // of a .torrent file
inline constexpr size_t kInfoSizeMax = 32 << 20;      // of an info dictionary, from peers too
inline constexpr uint32_t kPieceLengthMax = 256 << 20;
inline constexpr size_t kFilesMax = 1'000'000;
inline constexpr size_t kTrackersMax = 256;
inline constexpr size_t kWebSeedsMax = 256;
inline constexpr size_t kNodesMax = 256;
inline constexpr size_t kUrlSizeMax = 4'096;         // a longer one is left out
inline constexpr size_t kNameSizeMax = 4'096;        // bytes of one component of a path
inline constexpr size_t kPathDepthMax = 64;          // folders above a file
inline constexpr size_t kPathMemoryMax = 256 << 20;  // of all paths together
inline constexpr size_t kAttrSizeMax = 16;
inline constexpr uint32_t kPiecesMax = 4 << 20;
inline constexpr uint64_t kContentSizeMax = uint64_t{1} << 50;

struct FileEntry {
  // BEP 52 and 3: components as the torrent spells them, the name first if it is a folder.
  std::vector<std::string> path;
  uint64_t length = 0;
  uint64_t offset = 0;                      // in the torrent's content
  std::string attr;                         // BEP 47: any of l x h p
  std::vector<std::string> symlink;         // BEP 47: target components; shown, never followed
  std::optional<Sha256Digest> pieces_root;  // v2 (BEP 52); an empty file has none
  bool is_padding() const { return attr.find('p') != std::string::npos; }
  bool is_executable() const { return attr.find('x') != std::string::npos; }
  bool is_symlink() const { return attr.find('l') != std::string::npos; }
  std::string JoinedPath() const;  // with '/'
};

struct Metainfo {
  std::string name;
  std::optional<InfoHash> info_hash_v1;
  std::optional<Sha256Digest> info_hash_v2;
  uint32_t piece_length = 0;
  uint64_t total_size = 0;
  std::vector<FileEntry> files;  // in content order, padding included
  bool is_single_file = false;
  std::string piece_hashes;  // v1: 20 bytes a piece; empty in v2-only torrents

  std::vector<std::vector<std::string>> trackers;  // tiers
  std::vector<std::string> web_seeds;
  std::vector<std::pair<std::string, uint16_t>> nodes;
  bool is_private = false;
  std::string comment;
  std::string created_by;
  std::optional<int64_t> creation_date;  // seconds since 1970

  std::string piece_layers;  // v2: the bencoded `piece layers`, kept so that a saved file is whole

  std::string info;  // the exact bytes of the info dictionary (BEP 9 sends them)

  // The 20 bytes by which handshakes, DHT and trackers know it: v1 if there is one.
  InfoHash info_hash() const;
  uint32_t piece_count() const;
  uint32_t PieceSize(PieceIndex piece) const;  // the last one may be short
  Sha1Digest PieceHash(PieceIndex piece) const;
  bool is_v2_only() const { return !info_hash_v1.has_value(); }
};

// What the components of one path take up in memory.
size_t PathMemory(const std::vector<std::string>& path);

// Reads a whole .torrent file. The error says what is wrong, in words for the user.
absl::StatusOr<Metainfo> ParseMetainfo(ByteView torrent);
// Reads a bare info dictionary, as peers send it (BEP 9); the caller compared the hash.
absl::StatusOr<Metainfo> ParseInfo(ByteView info);
// The .torrent file of `metainfo`: `info` byte for byte, the rest canonical.
std::string EncodeMetainfo(const Metainfo& metainfo);

}  // namespace starling::storage
