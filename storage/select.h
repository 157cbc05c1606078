// Which files of a torrent the user wants: the patterns of `--select`.
//
// A pattern is compared with the path of each file, with and without the torrent's own folder, with
// each folder above it, and, if it has no '/', with the bare file name: so `*.iso`, `docs`,
// `docs/*.txt` and `big-release/docs` all do what they seem to say. `*` stands for any characters,
// '/' too, `?` for one, `[a-z]` and `[!a-z]` for one of a set; `\` makes the next one plain.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/metainfo.h"

namespace starling::storage {

// Does all of `text` match? Letters are compared exactly.
bool GlobMatches(absl::string_view pattern, absl::string_view text);

// One flag a file; true where any of the patterns matches, and everywhere if there is none. Padding
// is never selected.
std::vector<bool> SelectFiles(const Metainfo& metainfo, std::span<const std::string> patterns);
// The same for the file indices of a magnet's `so` (BEP 53), inclusive ranges; none: every file.
std::vector<bool> SelectFiles(const Metainfo& metainfo,
                              std::span<const std::pair<uint32_t, uint32_t>> ranges);

}  // namespace starling::storage
