// Magnet links (BEP 9, BEP 53): xt dn tr ws x.pe so. A v1 hash is 40 hex digits or 32 of base32,
// a v2 hash is a multihash (1220 and 64 hex digits). Of several hashes of one kind the first
// counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/id.h"
#include "storage/metainfo.h"

namespace starling::storage {

inline constexpr size_t kMagnetSizeMax = 64 << 10;
inline constexpr size_t kMagnetPeersMax = 256;
inline constexpr size_t kMagnetRangesMax = 1'000;

struct Magnet {
  std::optional<InfoHash> info_hash_v1;
  std::optional<Sha256Digest> info_hash_v2;
  std::string name;                                        // dn; may be empty
  std::vector<std::string> trackers;                       // tr, one tier each
  std::vector<std::string> web_seeds;                      // ws
  std::vector<std::pair<std::string, uint16_t>> peers;     // x.pe: host or literal, and port
  std::vector<std::pair<uint32_t, uint32_t>> select_only;  // so: file index ranges, inclusive

  InfoHash info_hash() const;
};

// The error says what is wrong, in words for the user. Takes a bare 40-digit hash as well.
absl::StatusOr<Magnet> ParseMagnet(absl::string_view uri);
std::string FormatMagnet(const Magnet& magnet);
Magnet MagnetOf(const Metainfo& metainfo);

}  // namespace starling::storage
