// Writes torrents. EncodeMetainfo (storage/metainfo.h) writes a whole .torrent around an info
// dictionary that exists; EncodeInfo makes the info dictionary of new content.
#pragma once

#include <string>

#include "storage/metainfo.h"

namespace starling::storage {

// A v1 info dictionary (BEP 3) of name, files, piece_length, piece_hashes and is_private. Paths of
// several files start with the name.
std::string EncodeInfo(const Metainfo& metainfo);

}  // namespace starling::storage
