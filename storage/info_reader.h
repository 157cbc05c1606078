// Reads the info dictionary: the part of a torrent that its info-hash covers. v1 (BEP 3), v2
// (BEP 52) or both at once, in which case the two must describe the same files.
#pragma once

#include "absl/status/statusor.h"
#include "base/bencode.h"
#include "storage/metainfo.h"

namespace starling::storage {

// All fields of a Metainfo that the info dictionary decides. `info` must be valid bencoding.
absl::StatusOr<Metainfo> ReadInfo(const bencode::Value& info);

}  // namespace starling::storage
