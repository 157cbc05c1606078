// The file tree of a v2 info dictionary (BEP 52): folders nested in folders, read with a stack of
// names of bounded depth and in one pass, never by recursion.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "storage/metainfo.h"

namespace starling::storage {

// The files in the order of the tree, with paths as the tree spells them; offsets are left 0.
// `tree` must be one valid bencoded value.
absl::StatusOr<std::vector<FileEntry>> ReadFileTree(ByteView tree);

}  // namespace starling::storage
