// Names from a stranger's torrent made safe for a disk, component by component. Pure.
//
// A safe path is relative, has no `.` or `..`, separator, NUL, control or text-direction
// characters, no name that Windows reserves, nothing that ends in a dot or a space, is valid UTF-8
// and short enough for any file system. Two files never share a path, upper and lower case (ASCII)
// taken as equal, and a file is never a folder of another: the later one is renamed, "a (2).txt".
// The same torrent always gives the same names.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/metainfo.h"

namespace starling::storage {

inline constexpr size_t kComponentSizeMax = 255;  // bytes; the limit of ext4, XFS, Btrfs, tmpfs
inline constexpr size_t kRelativePathSizeMax = 2'048;  // leaves room for DIR within PATH_MAX
inline constexpr size_t kFoldersMax = 64;              // above one file

// One component of a path made safe; never empty.
std::string SafeComponent(absl::string_view name);

struct FileNames {
  // One path a file, joined with '/'. Empty for files that get none: padding and symlinks.
  std::vector<std::string> paths;
  // Is there a file whose safe path is not what the torrent spells?
  bool renamed = false;
};
FileNames SafeFileNames(const Metainfo& metainfo);

// The paths as the torrent spells them, for content that was made on this very machine (a file may
// well be called "CON" on Linux). Empty if any of them could leave the folder, is too long for one
// name, or stands twice; then only the safe ones can be used.
std::vector<std::string> SpelledFileNames(const Metainfo& metainfo);

}  // namespace starling::storage
